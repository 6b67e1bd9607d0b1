export { fakeClock, type FakeClock } from './fake-clock.ts'
export { asIdentity, testIdentity, testKeys } from './identity.ts'
export {
  refusalText,
  refusedLogin,
  testIdentityProvider,
  type ProviderAccount,
  type TestIdentityProvider,
} from './identity-provider.ts'
export {
  postgresVariable,
  startPostgres,
  testPostgres,
  testStore,
  type RunningPostgres,
  type TestDatabase,
  type TestStore,
} from './postgres.ts'
export { quietLogger } from './quiet-logger.ts'
export { tcpProxy, type TcpProxy, type Toxics } from './tcp-proxy.ts'
export { until } from './until.ts'
export * from './nats.ts'
