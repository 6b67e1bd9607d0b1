import { connectBus, listener, type Bus } from '@plinth/bus'
import { contracts } from '@plinth/contracts'
import { systemClock, type Clock, type Logger } from '@plinth/kernel'
import { createSealing } from '@plinth/kernel/sealing'
import { createLogger, deadLetterHandlers, service, type Running } from '@plinth/service'
import { openStore, outboxRelay, recordReplay, type Store } from '@plinth/store'
import { checkpoints } from './audit/checkpoints.ts'
import { openAuditSigner } from './audit/keys.ts'
import { networksOf, type Config } from './config.ts'
import { accessKeeper } from './grants/keeper.ts'
import { housekeeping } from './housekeeping.ts'
import { openSigningKeys } from './keys/signing-keys.ts'
import { providerClients } from './oidc/provider-clients.ts'
import { isLoopbackHost } from './outbound/addresses.ts'
import { createOutbound, type Outbound } from './outbound/fetch.ts'
import type { Parts } from './parts.ts'
import { createLivePolicy } from './policy/live-policy.ts'
import { consumer, reactions, replay } from './reactions.ts'
import { routes } from './routes.ts'
import { rpcs } from './rpcs.ts'
import { createAccessTokens } from './sessions/access-tokens.ts'
import { prepare } from './start.ts'
import { createPasswords } from './users/passwords.ts'
import { webhookSender } from './webhooks/deliver.ts'

/** The whole service: users and what they may do, credentials, and the audit ledger. */
export async function authorization(
  config: Config,
  { clock = systemClock, ...given }: { clock?: Clock; logger?: Logger } = {},
): Promise<Running & { url: string }> {
  const name = 'authorization'
  const logger = given.logger ?? createLogger({ service: name, level: config.logLevel })
  const migrations = new URL('./db/migrations/', import.meta.url)
  const store = await openStore({ url: config.databaseUrl, migrations, applicationName: name, logger, clock })
  const { natsUrl: url, natsUser: user, natsPassword: password } = config
  const bus = await connectBus({ url, user, password, name, logger })
  const outbound = createOutbound({
    loopback: isLoopbackHost(new URL(config.publicUrl).hostname),
    networks: networksOf(config.outboundNetworks),
  })
  const closeAll = async (): Promise<void> => {
    await bus.close()
    await outbound.close()
    await store.close()
  }
  try {
    await bus.ensureStream(name)
    const { parts, checkpointer } = await openParts(config, { store, bus, clock, logger, outbound })
    await prepare(parts, config)
    const listens = reactions(parts)
    const letters = deadLetterHandlers(store.deadLetters, replay(store, listens), recordReplay(store, name))
    const running = await service({
      name,
      contract: contracts.authorization,
      handlers: {
        ...routes(parts),
        listAuthorizationDeadLetters: letters.list,
        replayAuthorizationDeadLetter: letters.replay,
      },
      logger,
      config,
      clock,
      health: [store.health, bus.health],
      workers: [
        outboxRelay(store, bus.publish, logger),
        rpcs(bus, parts),
        listener(bus, { consumer, inbox: store.inbox, logger, on: listens }),
        checkpointer,
        housekeeping({ db: store.db, clock, logger, keys: parts.keys }),
        accessKeeper(parts),
        webhookSender({ ...parts, store, outbound }),
      ],
      idempotency: store.idempotency,
    })
    const close = async (): Promise<void> => {
      await running.close()
      await closeAll()
    }
    return { url: running.url, logger, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}

type Opened = Pick<Parts, 'clock' | 'logger'> & { store: Store; bus: Bus; outbound: Outbound }

/** What the rooms share, made from the configuration. */
async function openParts(config: Config, { store, bus, clock, logger, outbound }: Opened) {
  const policy = createLivePolicy(store.db, clock)
  const { publicUrl } = config
  const passwords = await createPasswords()
  const sealing = createSealing(config.secretKey)
  const keys = await openSigningKeys({ store, clock, sealing }, config.signingPrivateKey)
  const signer = await openAuditSigner(store, sealing, clock)
  const { worker: checkpointer, ...ledger } = checkpoints({
    store, clock, logger, signer, everySeconds: config.auditCheckpointSeconds,
  }) // prettier-ignore
  const parts: Parts = {
    store, clock, logger, policy, passwords, bus, publicUrl, sealing, keys, ledger: { ...ledger, signer },
    refuseOutbound: outbound.refusal,
    accessTokens: createAccessTokens({ keys, issuer: publicUrl, clock }),
    providerClients: providerClients({ sealing, outbound, publicUrl, monotonicMs: clock.monotonicMs }),
  } // prettier-ignore
  return { parts, checkpointer }
}
