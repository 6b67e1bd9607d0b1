import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import pc from 'picocolors'
import { exitCode } from '../exit-codes.ts'
import { show, table } from '../output.ts'
import { CliError, connect, defaultUrl, forgetSession, signIn } from '../session.ts'
import type { Output } from '../output.ts'

/** Typed without being shown; a program gives it on standard input instead. */
async function askPassword(): Promise<string> {
  if (!process.stdin.isTTY) return readFileSync(0, 'utf8').split('\n')[0] ?? ''
  process.stderr.write('Password: ')
  process.stdin.setRawMode(true)
  process.stdin.resume()
  let typed = ''
  for await (const chunk of process.stdin) {
    for (const key of String(chunk)) {
      if (key === '\u0003') throw new CliError('Canceled.')
      if (key === '\r' || key === '\n') {
        process.stdin.setRawMode(false)
        process.stdin.pause()
        process.stderr.write('\n')
        return typed
      }
      typed = key === '\u007f' ? typed.slice(0, -1) : typed + key
    }
  }
  return typed
}

async function askName(): Promise<string> {
  if (!process.stdin.isTTY) throw new CliError('Which user? Give --username.', exitCode('usage'))
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const name = await prompt.question('User name: ')
  prompt.close()
  return name.trim()
}

export function sessionCommands(program: Command, output: () => Output): void {
  program
    .command('login')
    .description('sign in; the session is kept in your configuration folder, readable by you alone')
    .option('--url <url>', 'address of the platform', defaultUrl())
    .option('--username <name>')
    .option('--password-stdin', 'read the password from standard input')
    .action(async (options: { url: string; username?: string }) => {
      const username = options.username ?? (await askName())
      await signIn(options.url.replace(/\/$/, ''), username, await askPassword())
      show(
        output(),
        { username, url: options.url },
        () => `${pc.green('●')} Signed in to ${options.url} as ${pc.bold(username)}.`,
      )
    })
  program
    .command('logout')
    .description('end the session, here and on the platform')
    .action(async () => {
      await connect()
        .endSession()
        .catch(() => undefined)
      forgetSession()
      show(output(), { signedOut: true }, () => 'Signed out.')
    })
  program
    .command('whoami')
    .description('who you are and what roles you hold')
    .action(async () => {
      show(output(), await connect().getMe(), (me) =>
        [
          `${pc.bold(me.displayName)}  ${pc.dim(me.subject)}`,
          '',
          table(
            ['ROLE', 'WHERE'],
            me.roles.map(({ role, domain }) => [role, domain === '*' ? 'everywhere' : domain]),
          ),
        ].join('\n'),
      )
    })
  program
    .command('token')
    .description('make a personal access token for git and programs; shown once')
    .argument('<name>', 'what it is for')
    .option('--days <days>', 'how long it is valid', '30')
    .action(async (name: string, { days }: { days: string }) => {
      const made = await connect().createMyToken({ body: { name, expiresInDays: Number(days) } })
      show(
        output(),
        made,
        ({ token, info }) =>
          `${token}\n${pc.dim(`valid until ${info.expiresAt}; it is the password that git asks for`)}`,
      )
    })
}
