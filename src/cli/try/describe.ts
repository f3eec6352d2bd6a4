/** The words for a trial, in the terminal and on the sheet. */
import { table } from '../table.ts';
import type { Plan, Tried } from './tried.ts';

/** US dollars with four digits: a picture costs cents. */
export function usd(amount: number | null): string {
  return amount === null ? 'not known' : `$${amount.toFixed(4)}`;
}

/** What the person check says of the photo. */
export function describePerson(person: string | null): string {
  return `Person check: ${person ?? 'nothing found'}`;
}

/** What the picture check says; a dash where there is no picture. */
export function describeCheck(check: Tried['check']): string {
  if (check === null) return '–';
  if ('skipped' in check) return `not checked: ${check.skipped}`;
  return check.findings.join(', ') || 'nothing found';
}

/** What will be paid, before it is. */
export function describeForecast(plans: readonly Plan[], person: string | null): string {
  const rows = plans.map(({ label, provider, forecastUsd }) => [
    label,
    provider.model,
    usd(forecastUsd),
  ]);
  const notes = plans.flatMap(({ notes }) => notes);
  return [describePerson(person), table(['setting', 'model', 'forecast'], rows, ''), ...notes].join(
    '\n',
  );
}

/** The result, for a terminal. */
export function describeTried(pictures: readonly Tried[], preparedSeconds: number): string {
  const rows = pictures.map(({ setting, seconds, costUsd, forecastUsd, check, failure }) => [
    setting,
    failure === null ? 'made' : nameOf(failure),
    seconds.picture?.toFixed(1),
    usd(costUsd),
    usd(forecastUsd),
    describeCheck(check),
  ]);
  const headings = ['setting', 'result', 'seconds', 'cost', 'forecast', 'picture check'];
  const failures = pictures.flatMap(({ setting, failure }) =>
    failure === null ? [] : [`${setting}: ${failure.text}`],
  );
  return [
    `Photos prepared in ${preparedSeconds.toFixed(1)} s.`,
    '',
    table(headings, rows, ''),
    ...failures,
  ].join('\n');
}

/** The code, with its detail. */
export function nameOf({ code, detail }: NonNullable<Tried['failure']>): string {
  return detail === null ? code : `${code} (${detail})`;
}
