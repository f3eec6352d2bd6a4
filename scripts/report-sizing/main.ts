/**
 * `npm run report:sizing`: judges the sizing on the data sets in `SHARED_DATA` and writes
 * docs/sizing-accuracy.md. With `-- --people DIR` it judges it on your own people instead and prints
 * the tables.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sharedDataFolder } from '../data-sets.ts';
import { readSizingData } from '../fit-sizing/data.ts';
import { PeopleError, readPeople } from './own-people.ts';
import { reportOnData } from './report-on-data.ts';
import { reportOnPeople } from './report-on-people.ts';

const OUTPUT = join(import.meta.dirname, '../../docs/sizing-accuracy.md');

const { people } = parseArgs({ options: { people: { type: 'string' } } }).values;
try {
  if (people === undefined) await writeReport();
  else console.log(reportOnPeople(await readPeople(people)));
} catch (error) {
  if (!(error instanceof PeopleError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function writeReport(): Promise<void> {
  const folder = sharedDataFolder(process.env);
  await writeFile(OUTPUT, await reportOnData(await readSizingData(folder), folder));
  console.log(OUTPUT);
}
