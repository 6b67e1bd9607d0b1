import { runService } from '@plinth/service'
import { authorization } from './app.ts'
import { loadConfig } from './config.ts'

await runService(async () => authorization(loadConfig()))
