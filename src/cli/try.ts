/**
 * `try`: a try-on of photos on this machine, with one setting or several side by side.
 */
import { type Command, Option } from 'commander';
import type { Run } from './cli-context.ts';
import type { TryOptions } from './try/try-on.ts';

export function addTry(program: Command, run: Run): void {
  program
    .command('try')
    .description('Make a try-on picture of photos on this machine, and a sheet that shows it')
    .argument('<person>', 'JPEG, PNG or WebP of the person')
    .argument('<garments...>', 'JPEG, PNG or WebP of each garment')
    .option(
      '--compare <settings>',
      'side by side: provider[:model][+name=value…], comma-separated, e.g. openai+quality=high',
    )
    .addOption(
      new Option('--channel <channel>', 'whose settings hold')
        .choices(['b2b', 'b2c'])
        .default('b2b'),
    )
    .option('--out <folder>', 'where the pictures and sheet.html go; a new one without it')
    .option('--yes', 'pay without asking')
    .action(
      run(async (context, person: string, garments: string[], options: TryOptions) => {
        // Slow to load, and no other command needs it.
        const { tryOn } = await import('./try/try-on.ts');
        return tryOn(context, [person, ...garments], options);
      }),
    );
}
