/**
 * `wearon size`: the size pipeline from the command line, on a photo and the real pose models.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { wearon } from '../support/cli.ts';
import { FIXTURES } from '../support/sizing/pose-goldens.ts';
import { poseModelFolder } from '../support/sizing/pose-models.ts';

const PERSON = join(FIXTURES, 's1_00.jpg');

let env: Record<string, string>;

before(async () => {
  // No keys: a size needs none.
  env = { MEDIAPIPE_MODEL_PATH: await poseModelFolder() };
});

describe('wearon size', () => {
  it('prints the size, its reasons and what would help', async () => {
    const { code, stdout, stderr } = await wearon(env, ['size', PERSON, '--height', '175']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^size +(XS|S|M|L|XL|XXL)\n/);
    assert.match(stdout, /\nwaist +\d+\.\d +± \d+\.\d/);
    assert.match(stdout, /Enter your weight/);
  });

  it('takes what is known of the person, a chart and a fit', async () => {
    const facts = ['--weight', '80', '--sex', 'male', '--age', '30'];
    const chart = ['--chart', 'en13402_men', '--fit', 'slim', '--json'];
    const { json } = await wearon(env, ['size', PERSON, '--height', '175', ...facts, ...chart]);
    assert.equal(json.sizeChart.name, 'en13402_men');
    assert.equal(json.reasons[0].girth, 'chest');
  });

  it('gives the reason of an unusable photo, with exit code 1', async () => {
    const file = join(FIXTURES, 'hard_half_body_45.jpg');
    const { code, json } = await wearon(env, ['size', file, '--height', '175', '--json']);
    assert.equal(code, 1);
    assert.deepEqual([json.code, json.reasons], ['PHOTO_NOT_USABLE', ['feet_not_visible']]);
    const text = import.meta.filename;
    const refused = await wearon(env, ['size', text, '--height', '175', '--json']);
    assert.deepEqual([refused.code, refused.json.code], [1, 'INVALID_IMAGE']);
  });

  it('says what is wrong with a photo that cannot be read', async () => {
    const read = async (photo: string) => {
      const { code, stderr } = await wearon(env, ['size', photo, '--height', '175']);
      return [code, stderr.trim()];
    };
    assert.deepEqual(await read('no-such-photo.jpg'), [
      2,
      'no-such-photo.jpg cannot be read: there is no such file',
    ]);
    assert.deepEqual(await read(FIXTURES), [2, `${FIXTURES} cannot be read: it is a folder`]);
    assert.deepEqual(await read('https://cdn.example.com/person.jpg?token=secret'), [
      2,
      'That is a link; this command takes files: download it first.',
    ]);
  });

  it('refuses a wrong command line with exit code 2', async () => {
    const wrong = [
      ['size', PERSON],
      ['size', PERSON, '--height', '1.75'],
      ['size', PERSON, '--height', '175', '--chart', 'nobody'],
      ['size', 'no-such-photo.jpg', '--height', '175'],
    ];
    for (const args of wrong) assert.equal((await wearon(env, args)).code, 2, args.join(' '));
    const classic = { ...env, SIZE_ESTIMATOR: 'classic' };
    const args = ['size', PERSON, '--height', '175', '--fit', 'slim'];
    assert.equal((await wearon(classic, args)).code, 2);
  });
});
