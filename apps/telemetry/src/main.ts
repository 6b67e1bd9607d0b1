import { runService } from '@plinth/service'
import { startTelemetry } from './app.ts'
import { loadConfig } from './config.ts'

await runService(() => startTelemetry(loadConfig()))
