import type { Identity } from '@plinth/kernel'

/** Somebody who asks: `user:ana` unless another subject is given, with that subject alone and no claims. */
export function testIdentity(subject = 'user:ana', overrides: Partial<Identity> = {}): Identity {
  return {
    subject,
    subjects: [subject],
    displayName: subject.slice(subject.indexOf(':') + 1),
    credentialId: 'ses_test',
    claims: {},
    requestId: 'req_test',
    ...overrides,
  }
}
