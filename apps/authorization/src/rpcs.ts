import { answer, answers, type Bus } from '@plinth/bus'
import {
  beginProviderSignIn, decide, finishProviderSignIn, issueIdentityToken, issueToken, openPortalSession, policySnapshot,
  policySteps, resolveCredential, revokeToken, signingKeys,
} from '@plinth/contracts' // prettier-ignore
import type { Worker } from '@plinth/kernel'
import { accessUseCases } from './access/usecases.ts'
import { algorithmOf } from './keys/key-pairs.ts'
import { identityTokens } from './keys/identity-tokens.ts'
import { signInUseCases } from './oidc/sign-in.ts'
import type { Parts } from './parts.ts'
import { policySnapshots } from './policy/snapshot.ts'
import { stepsAfter } from './policy/steps.ts'
import { sessionUseCases } from './sessions/usecases.ts'
import { tokenUseCases } from './tokens/usecases.ts'

/** What the other services ask; who may ask is what the broker's permissions say. */
export function rpcs(bus: Bus, parts: Parts): Worker {
  const sessions = sessionUseCases(parts)
  const tokens = tokenUseCases(parts)
  const access = accessUseCases(parts)
  const signIns = signInUseCases(parts)
  return answers(bus, [
    answer(resolveCredential, async ({ credential }) => {
      const isSession = credential.startsWith('pls_')
      const identity = await (isSession ? sessions.resolvePortalSession(credential) : tokens.resolve(credential))
      return identity === undefined ? { found: false as const } : { found: true as const, identity }
    }),
    answer(openPortalSession, (credentials) => sessions.openPortalSession(credentials)),
    answer(beginProviderSignIn, (wanted) => signIns.begin(wanted)),
    answer(finishProviderSignIn, (callback) => signIns.finish(callback)),
    answer(issueIdentityToken, identityTokens(parts.keys, parts.clock, parts.publicUrl)),
    answer(issueToken, (want) => tokens.issue(want)),
    answer(revokeToken, ({ purpose }) => tokens.revoke(purpose)),
    answer(decide, (questions) => access.decide(questions)),
    answer(policySnapshot, policySnapshots(parts.policy)),
    answer(policySteps, ({ after }) => stepsAfter(parts.store.db, after)),
    // Of access tokens only: with a key of another use nothing that the gateway takes is signed.
    answer(signingKeys, async () => ({
      keys: (await parts.keys.list())
        .filter(({ use }) => use === 'access')
        .map(({ kid, use, publicKey }) => ({ kid, alg: algorithmOf(use), publicKeyPem: publicKey })),
    })),
  ])
}
