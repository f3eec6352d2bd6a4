/** The release, as package.json names it: the one thing that src reads from outside of itself. */
import packageFile from '../package.json' with { type: 'json' };

export const VERSION = packageFile.version;
