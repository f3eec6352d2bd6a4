/**
 * What became of the demo's scenes: the pictures as files, the table, and whether all is as it must be.
 */
import { writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SessionRow } from '../platform/records.ts';
import { balanceOf, type Platform, sessionOf, type TryOn } from '../platform.ts';
import { until } from '../until.ts';
import type { Scene } from './scenes.ts';

/** A scene that was played. */
export interface Played {
  readonly scene: Scene;
  readonly tryOn: TryOn;
  readonly creditsBefore: number;
  /** What the customer's balance must be in the end. */
  readonly creditsDue: number;
}

interface Result {
  readonly row: SessionRow;
  readonly credits: number | null;
  readonly picture: string | null;
  readonly isRight: boolean;
}

/** Waits for the refunds to be booked, saves the pictures in `folder` and judges. */
async function resultOf(platform: Platform, played: Played, folder: string): Promise<Result> {
  const { scene, tryOn, creditsDue } = played;
  const row = await sessionOf(platform, tryOn);
  if (row === null) throw new Error(`The session of ${scene.name} is gone`);
  const credits = await until(
    `${scene.name}'s balance`,
    async () => ((await balanceOf(platform, scene.customer)) === creditsDue ? creditsDue : null),
    10_000,
  ).catch(() => balanceOf(platform, scene.customer));
  const picture = row.generated_image_url
    ? await savePicture(row.generated_image_url, join(folder, `${scene.name}.jpg`))
    : null;
  const hasPicture = (picture !== null) === (scene.mustEnd === 'completed');
  const isRight = row.status === scene.mustEnd && credits === creditsDue && hasPicture;
  return { row, credits, picture, isRight };
}

async function savePicture(link: string, file: string): Promise<string | null> {
  const answer = await fetch(link);
  if (!answer.ok) return null;
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  return relative('.', file);
}

function secondsOf({ created_at, completed_at }: SessionRow): string {
  return completed_at === null
    ? '–'
    : ((Date.parse(completed_at) - Date.parse(created_at)) / 1000).toFixed(2);
}

/** Prints the table; true when every scene ended as it must. */
export async function printReport(
  platform: Platform,
  played: readonly Played[],
  folder: string,
): Promise<boolean> {
  const results = await Promise.all(played.map((one) => resultOf(platform, one, folder)));
  const lines = results.map(({ row, credits, picture, isRight }, index) => {
    const { scene, tryOn, creditsBefore } = played[index] as Played;
    return [
      row.id,
      scene.name,
      `${tryOn.channel} ${scene.customer.kind}`,
      `${isRight ? '✔' : '✘'} ${row.status}`,
      secondsOf(row),
      row.estimated_cost_usd === null ? '–' : `$${Number(row.estimated_cost_usd).toFixed(4)}`,
      `${creditsBefore} → ${credits}`,
      picture ?? row.error_message ?? '',
    ];
  });
  const header = [
    'session',
    'scene',
    'channel',
    'result',
    'seconds',
    'cost',
    'credits',
    'picture, or what the shopper reads',
  ];
  printTable([header, ...lines]);
  return results.every(({ isRight }) => isRight);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    console.log(
      `  ${row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join('  ')
        .trimEnd()}`,
    );
  }
}
