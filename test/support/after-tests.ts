/** Disposal of what a test file starts before its tests. */
import { after } from 'node:test';

/**
 * Ended after the file's last test, in reverse order: `const shop = afterTests.use(await openShop())`
 * at the top of a file. A start that fails there ends the file, and all that it had started.
 */
export const afterTests = new AsyncDisposableStack();
after(() => afterTests.disposeAsync());
