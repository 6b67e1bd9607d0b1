import { runService } from '@plinth/service'
import { schemas } from './app.ts'
import { loadConfig } from './config.ts'

await runService(() => schemas(loadConfig()))
