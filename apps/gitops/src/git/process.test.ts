import { expect, test } from 'vitest'
import { runGit } from './process.ts'

test('git that somebody else ended is an error, and never the answer that something is not there', async () => {
  await expect(runGit(['-c', 'alias.die=!kill -9 $PPID', 'die'])).rejects.toThrow(/was ended by SIGKILL/)
})
