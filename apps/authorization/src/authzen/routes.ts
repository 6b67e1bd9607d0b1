import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { authzenUseCases } from './usecases.ts'

type Routes = typeof contracts.authorization.routes

/** The wire of AuthZEN. */
export const authzenHandlers = (parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'publicUrl'>) => {
  const authzen = authzenUseCases(parts)
  return {
    authzenConfiguration: async ({ setHeader }) => {
      setHeader('cache-control', 'public, max-age=300')
      return authzen.configuration()
    },
    evaluateAccess: ({ who, body }) => authzen.evaluation(who, body),
    evaluateAccesses: ({ who, body }) => authzen.evaluations(who, body),
    searchSubjects: ({ who, body }) => authzen.searchSubjects(who, body),
    searchResources: ({ who, body }) => authzen.searchResources(who, body),
    searchActions: ({ who, body }) => authzen.searchActions(who, body),
  } satisfies Partial<Handlers<Routes>>
}
