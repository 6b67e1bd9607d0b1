import { auditRoutes } from './authorization/audit-routes.ts'
import { authzenRoutes } from './authorization/authzen-routes.ts'
import { changeRoutes } from './authorization/change-routes.ts'
import { grantRoutes } from './authorization/grant-routes.ts'
import { policyTestRoutes } from './authorization/policy-test-routes.ts'
import { authorizationRoutes } from './authorization/routes.ts'
import { signInRoutes } from './authorization/sign-in-routes.ts'
import { webhookRoutes } from './authorization/webhook-routes.ts'
import type { Routes, ServiceContract, ServiceName } from './core/route.ts'
import { gatewayRoutes } from './gateway/routes.ts'
import { gitopsRoutes } from './gitops/routes.ts'
import { cacheRoutes } from './pipelines/cache-routes.ts'
import { pipelinesRoutes } from './pipelines/routes.ts'
import { testRoutes } from './pipelines/test-routes.ts'
import { provisioningRoutes } from './provisioning/routes.ts'
import { confluentRoutes } from './schemas/confluent-routes.ts'
import { databaseRoutes } from './schemas/database-routes.ts'
import { environmentRoutes } from './schemas/environment-routes.ts'
import { schemaGovernanceRoutes } from './schemas/governance-routes.ts'
import { schemaReviewRoutes } from './schemas/review-routes.ts'
import { schemasRoutes } from './schemas/routes.ts'
import { schemaSearchRoutes } from './schemas/search-routes.ts'
import { schemaTransferRoutes } from './schemas/transfer-routes.ts'
import { deadLetterRoutes } from './system.ts'
import { telemetryRoutes } from './telemetry/routes.ts'

const contract = <const R extends Routes>(service: ServiceName, routes: R) => ({ service, routes })

const authorizationDeadLetters = deadLetterRoutes('authorization')
const provisioningDeadLetters = deadLetterRoutes('provisioning')
const gitopsDeadLetters = deadLetterRoutes('gitops')
const pipelinesDeadLetters = deadLetterRoutes('pipelines')
const schemasDeadLetters = deadLetterRoutes('schemas')

/** Every service with every route it serves: the house at a glance. */
export const contracts = {
  gateway: contract('gateway', gatewayRoutes),
  authorization: contract('authorization', {
    ...authorizationRoutes,
    ...signInRoutes,
    ...changeRoutes,
    ...policyTestRoutes,
    ...grantRoutes,
    ...auditRoutes,
    ...authzenRoutes,
    ...webhookRoutes,
    listAuthorizationDeadLetters: authorizationDeadLetters.list,
    replayAuthorizationDeadLetter: authorizationDeadLetters.replay,
  }),
  provisioning: contract('provisioning', {
    ...provisioningRoutes,
    listProvisioningDeadLetters: provisioningDeadLetters.list,
    replayProvisioningDeadLetter: provisioningDeadLetters.replay,
  }),
  gitops: contract('gitops', {
    ...gitopsRoutes,
    listGitopsDeadLetters: gitopsDeadLetters.list,
    replayGitopsDeadLetter: gitopsDeadLetters.replay,
  }),
  schemas: contract('schemas', {
    ...schemasRoutes,
    ...confluentRoutes,
    ...schemaReviewRoutes,
    ...schemaGovernanceRoutes,
    ...schemaSearchRoutes,
    ...schemaTransferRoutes,
    ...environmentRoutes,
    ...databaseRoutes,
    listSchemasDeadLetters: schemasDeadLetters.list,
    replaySchemasDeadLetter: schemasDeadLetters.replay,
  }),
  pipelines: contract('pipelines', {
    ...pipelinesRoutes,
    ...testRoutes,
    ...cacheRoutes,
    listPipelinesDeadLetters: pipelinesDeadLetters.list,
    replayPipelinesDeadLetter: pipelinesDeadLetters.replay,
  }),
  telemetry: contract('telemetry', telemetryRoutes),
} satisfies { [Service in ServiceName]: ServiceContract }

/** Every operation of the platform under its unique name; what the client offers and OpenAPI lists. */
export const operations = {
  ...contracts.gateway.routes,
  ...contracts.authorization.routes,
  ...contracts.provisioning.routes,
  ...contracts.gitops.routes,
  ...contracts.schemas.routes,
  ...contracts.pipelines.routes,
  ...contracts.telemetry.routes,
}
export type Operations = typeof operations
export type OperationName = keyof Operations
