import { runService } from '@plinth/service'
import { startGitops } from './app.ts'
import { loadConfig } from './config.ts'

await runService(() => startGitops(loadConfig()))
