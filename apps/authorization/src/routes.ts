import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { accessUseCases } from './access/usecases.ts'
import { auditHandlers } from './audit/routes.ts'
import { authzenHandlers } from './authzen/routes.ts'
import { bindingUseCases } from './bindings/usecases.ts'
import { changeHandlers } from './changes/routes.ts'
import { deviceHandlers } from './device/routes.ts'
import { grantHandlers } from './grants/routes.ts'
import { groupUseCases } from './groups/usecases.ts'
import { keyHandlers } from './keys/routes.ts'
import { providerHandlers } from './oidc/routes.ts'
import type { Parts } from './parts.ts'
import { policyUseCases } from './policy/usecases.ts'
import { sessionUseCases } from './sessions/usecases.ts'
import { tokenUseCases } from './tokens/usecases.ts'
import { userUseCases } from './users/usecases.ts'
import { webhookHandlers } from './webhooks/routes.ts'

type Routes = typeof contracts.authorization.routes
type DeadLetterRoutes = 'listAuthorizationDeadLetters' | 'replayAuthorizationDeadLetter'

/** The wire, thin: what a request holds, to the use case. */
export const routes = (parts: Parts): Omit<Handlers<Routes>, DeadLetterRoutes> => ({
  ...sessionRoutes(parts),
  ...accessRoutes(parts),
  ...peopleRoutes(parts),
  ...policyRoutes(parts),
  ...auditHandlers(parts),
  ...authzenHandlers(parts),
  ...changeHandlers(parts),
  ...deviceHandlers(parts),
  ...grantHandlers(parts),
  ...keyHandlers(parts),
  ...providerHandlers(parts),
  ...webhookHandlers(parts),
})

const sessionRoutes = (parts: Parts) => {
  const sessions = sessionUseCases(parts)
  const tokens = tokenUseCases(parts)
  return {
    createSession: ({ body, requestId }) => sessions.createSession(body, requestId),
    refreshSession: ({ body, requestId }) => sessions.refreshSession(body.refreshToken, requestId),
    endSession: ({ who }) => sessions.endSession(who),
    endUserSessions: ({ who, params, query }) => sessions.endUserSessions(who, params.username, query.tokens === true),
    listMyTokens: ({ who }) => tokens.listMyTokens(who),
    createMyToken: ({ who, body }) => tokens.createMyToken(who, body),
    deleteMyToken: ({ who, params }) => tokens.deleteMyToken(who, params.token),
  } satisfies Partial<Handlers<Routes>>
}

const accessRoutes = (parts: Parts) => {
  const access = accessUseCases(parts)
  return {
    getMe: ({ who }) => access.getMe(who),
    canI: ({ who, body }) => access.canI(who, body.questions, body.as),
    whoCan: ({ body }) => access.whoCan(body),
    explainAccess: ({ who, body }) => access.explainAccess(who, body),
    whatCan: ({ who, body }) => access.whatCan(who, body),
  } satisfies Partial<Handlers<Routes>>
}

const peopleRoutes = (parts: Parts) => {
  const users = userUseCases(parts)
  const groups = groupUseCases(parts)
  return {
    listUsers: ({ query }) => users.listUsers(query),
    createUser: ({ who, body }) => users.createUser(who, body),
    getUser: ({ params }) => users.getUser(params.username),
    updateUser: ({ who, params, body }) => users.updateUser(who, params.username, body),
    listGroups: () => groups.listGroups(),
    createGroup: ({ who, body }) => groups.createGroup(who, body),
    addGroupMember: ({ who, body }) => groups.addGroupMember(who, body),
    removeGroupMember: ({ who, body }) => groups.removeGroupMember(who, body),
  } satisfies Partial<Handlers<Routes>>
}

const policyRoutes = (parts: Parts) => {
  const bindings = bindingUseCases(parts)
  const policies = policyUseCases(parts)
  return {
    listRoles: () => policies.listRoles(),
    listBindings: ({ query }) => bindings.listBindings(query),
    createBinding: ({ who, body }) => bindings.createBinding(who, body),
    deleteBinding: ({ who, params }) => bindings.deleteBinding(who, params.binding),
    listPolicies: ({ query }) => policies.listPolicies(query),
    createPolicy: ({ who, body }) => policies.createPolicy(who, body),
    deletePolicy: ({ who, params }) => policies.deletePolicy(who, params.policy),
    getRawPolicy: () => policies.getRawPolicy(),
  } satisfies Partial<Handlers<Routes>>
}
