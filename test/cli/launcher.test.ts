/** The file that is installed as `wearon`. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

describe('the launcher', () => {
  it('passes the command line and the exit code on', async () => {
    const launcher = fileURLToPath(new URL('../../bin/wearon', import.meta.url));
    const { stdout } = await promisify(execFile)(launcher, ['--help']);
    assert.match(stdout, /Usage: wearon/);
    const asked = await promisify(execFile)(launcher, ['--version']);
    assert.match(asked.stdout, /^\d+\.\d+\.\d+\n$/);
    assert.equal(asked.stderr, '');
    const failed = await promisify(execFile)(launcher, ['nonsense']).then(
      () => null,
      (error: { code: number }) => error.code,
    );
    assert.equal(failed, 2);
  });
});
