/**
 * `npm run bench:attacks [word …]`: carries out what strangers may try and prints how far they get,
 * as the table of docs/security.md. Exits with 1 when a figure is over its limit. With words, only
 * the attacks whose name has all of them.
 */
import type { Attack } from './attacks/attack.ts';
import { LINK_ATTACKS } from './attacks/links.ts';
import { MESSAGE_ATTACKS } from './attacks/messages.ts';
import { PICTURE_ATTACKS } from './attacks/pictures.ts';
import { POISON_ATTACKS } from './attacks/poison.ts';
import { SIZE_REQUEST_ATTACKS } from './attacks/size-requests.ts';
import { SLOT_ATTACKS } from './attacks/slots.ts';
import { machineName } from './timing.ts';

const ATTACKS: readonly Attack[] = [
  ...LINK_ATTACKS,
  ...SIZE_REQUEST_ATTACKS,
  ...MESSAGE_ATTACKS,
  ...PICTURE_ATTACKS,
  ...SLOT_ATTACKS,
  ...POISON_ATTACKS,
];

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Runs one attack and prints its row; true when the figure is within its limit. */
async function tryAttack({ name, sent, figure, before, limit, measure }: Attack): Promise<boolean> {
  const measured = await measure();
  const shown = measured === null ? 'cannot be tried here' : Number(measured.toPrecision(2));
  console.log(row([name, sent, figure, before, shown, limit]));
  return measured === null || measured <= limit;
}

const words = process.argv.slice(2);
const chosen = ATTACKS.filter(({ name }) => words.every((word) => name.includes(word)));
console.log(`${machineName()}\n`);
console.log(row(['attack', 'sent', 'figure', 'before', 'now', 'limit']));
console.log(row(Array.from({ length: 6 }, () => '---')));
const over: string[] = [];
for (const attack of chosen) {
  if (!(await tryAttack(attack))) over.push(attack.name);
}
if (over.length > 0) {
  console.error(`\nover the limit: ${over.join(', ')}`);
  process.exitCode = 1;
}
