import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { providerUseCases } from './usecases.ts'

export const providerHandlers = (parts: Parts) => {
  const providers = providerUseCases(parts)
  return {
    listSignInProviders: () => providers.listSignInProviders(),
    listIdentityProviders: () => providers.listProviders(),
    putIdentityProvider: ({ who, params, body }) => providers.putProvider(who, params.provider, body),
    deleteIdentityProvider: ({ who, params }) => providers.deleteProvider(who, params.provider),
  } satisfies Partial<Handlers<typeof contracts.authorization.routes>>
}
