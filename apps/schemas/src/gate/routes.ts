import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { OverrideUseCases } from './overrides.ts'
import type { GateUseCases } from './usecases.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>

export const gateRoutes = (
  gate: GateUseCases,
  overrides: OverrideUseCases,
): Some<
  'getDeployedSchemas' | 'checkDeployment' | 'listGateOverrides' | 'createGateOverride' | 'withdrawGateOverride'
> => ({
  getDeployedSchemas: ({ params }) => gate.list(params.project, params.environment),
  checkDeployment: ({ who, params, body }) => gate.checkFor(who, { ...params, ...body }),
  listGateOverrides: ({ params }) => overrides.list(params),
  createGateOverride: ({ who, params, body }) => overrides.grant(who, { ...params, ...body }),
  withdrawGateOverride: ({ who, params }) => overrides.withdraw(who, params),
})
