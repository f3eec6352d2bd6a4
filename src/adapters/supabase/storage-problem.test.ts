import assert from 'node:assert/strict';
import { it } from 'node:test';
import { keyProblem } from './storage-problem.ts';

const jwt = (claims: object) =>
  `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;

it('a key that says it is not the service role is refused by name', () => {
  for (const key of [jwt({ role: 'anon' }), 'sb_publishable_abc']) {
    assert.match(keyProblem(key) ?? '', /SUPABASE_SERVICE_ROLE_KEY is a key of the role "anon"/);
  }
  assert.match(keyProblem(jwt({ role: 'authenticated' })) ?? '', /"authenticated"/);
});

it('service-role keys, and keys that say nothing, are left to Supabase', () => {
  for (const key of [jwt({ role: 'service_role' }), 'sb_secret_abc', 'opaque', jwt({})]) {
    assert.equal(keyProblem(key), null);
  }
});
