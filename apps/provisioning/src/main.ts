import { runService } from '@plinth/service'
import { startProvisioning } from './app.ts'
import { loadConfig } from './config.ts'

await runService(() => startProvisioning(loadConfig()))
