import { once } from 'node:events'
import { systemClock } from '@plinth/kernel'
import { quietLogger } from '@plinth/testkit'
import { telemetry } from '../app.ts'

/** A telemetry process for tests that kill it: `node run-until-killed.ts <data folder> <linger in ms> <public key>`. */
const [dataDir = '', lingerMs = '', identityPublicKey = ''] = process.argv.slice(2)
const config = { host: '127.0.0.1', port: 0, identityPublicKey, otlpUrl: '', clickhouseUrl: '', dataDir }
const { url } = await telemetry({ config, logger: quietLogger, clock: systemClock, lingerMs: Number(lingerMs) })
process.send?.({ url })
await once(process, 'disconnect')
process.exit(0)
