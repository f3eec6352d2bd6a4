import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TaskError } from '../../errors.ts';
import { translateFailure } from './fetch-failure.ts';

/** What a download that failed with this code becomes, from a stranger's host and from a trusted one. */
function translated(code: string) {
  const error = Object.assign(new Error('getaddrinfo project.example'), { code });
  return [translateFailure(error, false).message, translateFailure(error, true).message];
}

describe('translateFailure', () => {
  it('NXDOMAIN is a dead link, unless the host is trusted', () => {
    for (const code of ['ENOTFOUND', 'ENODATA', 'EBADNAME', 'CERT_HAS_EXPIRED']) {
      assert.deepEqual(translated(code), [
        'INVALID_IMAGE (unreachable)',
        'IMAGE_UNAVAILABLE (connection)',
      ]);
    }
  });

  it('lets every other failure of a connection be retried', () => {
    for (const code of ['EAI_AGAIN', 'ESERVFAIL', 'ENETUNREACH', 'ECONNRESET']) {
      assert.deepEqual(translated(code), [
        'IMAGE_UNAVAILABLE (connection)',
        'IMAGE_UNAVAILABLE (connection)',
      ]);
    }
  });

  it('passes an error of the catalogue on as it is', () => {
    const error = new TaskError('INVALID_IMAGE', { detail: 'refused' });
    assert.equal(translateFailure(error, false), error);
  });
});
