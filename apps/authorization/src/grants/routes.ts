import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { constraintUseCases } from '../constraints/usecases.ts'
import { freezeUseCases } from '../freezes/usecases.ts'
import type { Parts } from '../parts.ts'
import { reviewUseCases } from '../access/review.ts'
import { accountTokenUseCases } from '../service-accounts/tokens.ts'
import { serviceAccountUseCases } from '../service-accounts/usecases.ts'
import { createAccessRequest } from './asking.ts'
import { requestListing } from './listing.ts'
import { grantUseCases } from './usecases.ts'

type Routes = typeof contracts.authorization.routes

/** The wire of what is granted for a time, withheld for a time, and held by programs. */
export const grantHandlers = (parts: Parts) => {
  const freezes = freezeUseCases(parts)
  const constraints = constraintUseCases(parts)
  const listing = requestListing(parts)
  const grants = grantUseCases(parts)
  const review = reviewUseCases(parts)
  return {
    ...accountHandlers(parts),
    listFreezes: ({ who }) => freezes.listFreezes(who),
    createFreeze: ({ who, body }) => freezes.createFreeze(who, body),
    deleteFreeze: ({ who, params }) => freezes.deleteFreeze(who, params.freeze),
    listConstraints: () => constraints.listConstraints(),
    createConstraint: ({ who, body }) => constraints.createConstraint(who, body),
    deleteConstraint: ({ who, params }) => constraints.deleteConstraint(who, params.constraint),
    listAccessRequests: ({ who, query }) => listing.listAccessRequests(who, query),
    createAccessRequest: ({ who, body }) => createAccessRequest(parts, who, body),
    getAccessRequest: ({ who, params }) => listing.getAccessRequest(who, params.request),
    approveAccessRequest: ({ who, params, body }) => grants.approve(who, params.request, body),
    denyAccessRequest: ({ who, params, body }) => grants.deny(who, params.request, body.reason),
    endAccessRequest: ({ who, params }) => grants.end(who, params.request),
    unusedGrants: ({ query }) => review.unusedGrants(query),
    accessReview: ({ query }) => review.accessReview(query),
  } satisfies Partial<Handlers<Routes>>
}

const accountHandlers = (parts: Parts) => {
  const accounts = serviceAccountUseCases(parts)
  const tokens = accountTokenUseCases(parts)
  return {
    listServiceAccounts: ({ params }) => accounts.listServiceAccounts(params.project),
    createServiceAccount: ({ who, params, body }) => accounts.createServiceAccount(who, params.project, body),
    deleteServiceAccount: ({ who, params }) => accounts.deleteServiceAccount(who, params),
    listServiceAccountTokens: ({ params }) => tokens.list(params),
    createServiceAccountToken: ({ who, params, body }) => tokens.create(who, params, body),
    deleteServiceAccountToken: ({ who, params }) => tokens.delete(who, params, params.token),
  } satisfies Partial<Handlers<Routes>>
}
