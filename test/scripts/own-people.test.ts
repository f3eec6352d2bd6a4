/**
 * `npm run report:sizing -- --people DIR`: the report on people of one's own, and what it says of a
 * folder that is wrong.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseMeasurements } from '../../scripts/report-sizing/own-people.ts';
import { FIXTURES } from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

const PROGRAM = fileURLToPath(new URL('../../scripts/report-sizing/main.ts', import.meta.url));
const HEADER = 'front,height_cm,chest_cm,waist_cm,hip_cm,weight_kg,sex,age,side';

function report(folder: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, '--people', folder], (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('the measurements of your own people', () => {
  it('are read with what is optional left empty', () => {
    const [line] = parseMeasurements(`\uFEFF${HEADER}\r\na.jpg, 175 ,98.5,88,99,,,,\r\n`);
    assert.deepEqual(line?.person, {
      heightCm: 175,
      chest: 98.5,
      waist: 88,
      hip: 99,
      weightKg: undefined,
      ageYears: undefined,
      sex: undefined,
    });
  });

  const wrong: readonly [string, string, RegExp][] = [
    ['a missing column', 'front,height_cm\na.jpg,170', /the column chest_cm is missing/],
    ['an unknown column', `${HEADER},shoes\n`, /"shoes" is not known/],
    ['no person', HEADER, /there is no person in it/],
    [
      'metres',
      `${HEADER}\na.jpg,1.7,90,80,95,,,,`,
      /line 2: height_cm is "1.7", not a number from/,
    ],
    ['a missing girth', `${HEADER}\na.jpg,170,90,,95,,,,`, /line 2: waist_cm is ""/],
    ['a decimal comma', `${HEADER}\na.jpg,170,90,5,80,95,,,,`, /10 cells under 9 columns/],
    ['another sex', `${HEADER}\na.jpg,170,90,80,95,,w,,`, /sex is "w"/],
    ['no photo', `${HEADER}\n,170,90,80,95,,,,`, /front names no photo/],
  ];
  for (const [what, text, problem] of wrong) {
    it(`are refused with ${what}`, () => {
      assert.throws(() => parseMeasurements(text), problem);
    });
  }
});

describe('the report on your own people', () => {
  before(() => poseModelFolder());

  it('prints the tables and the refused photos', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-people-'));
    for (const file of ['s1_00.jpg', 'hard_half_body_45.jpg']) {
      await copyFile(join(FIXTURES, file), join(folder.path, file));
    }
    const people = ['s1_00.jpg,175,98,88,99,75,male,,', 'hard_half_body_45.jpg,170,90,80,95,,,,'];
    await writeFile(join(folder.path, 'measurements.csv'), [HEADER, ...people].join('\n'));
    const { code, stdout, stderr } = await report(folder.path);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /1 people with a usable photo; the photo check refuses 1\./);
    assert.match(stdout, /\| photo \+ height \+ weight \+ sex \| 1 \| \d/);
    assert.match(stdout, /\| hard_half_body_45\.jpg \| feet_not_visible \|/);
    assert.doesNotMatch(stdout, /age \|/);
  });

  it('says which file is missing, with exit code 2', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'wearon-people-'));
    const none = await report(folder.path);
    assert.deepEqual([none.code, /measurements\.csv cannot be read/.test(none.stderr)], [2, true]);
    const rows = `${HEADER}\nnobody.jpg,170,90,80,95,,,,`;
    await writeFile(join(folder.path, 'measurements.csv'), rows);
    const { code, stderr } = await report(folder.path);
    assert.deepEqual([code, /the photo nobody\.jpg cannot be read/.test(stderr)], [2, true]);
  });
});

it('the report without its data folder says which variable names it', async () => {
  const env = { ...process.env, SHARED_DATA: '/no-such-folder' };
  const failed = promisify(execFile)(process.execPath, [PROGRAM], { env });
  await assert.rejects(failed, ({ code, stderr }) => {
    assert.match(
      stderr,
      /^SHARED_DATA must name the data folder.*\/no-such-folder is not there\.$/m,
    );
    return code === 2;
  });
});
