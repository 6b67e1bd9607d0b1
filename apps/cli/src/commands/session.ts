import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import pc from 'picocolors'
import { signInByDevice } from '../device-login.ts'
import { exitCode } from '../exit-codes.ts'
import { inert, show, table } from '../output.ts'
import { CliError } from '../cli-error.ts'
import { connect, defaultUrl, forgetSession, keepTokens, ownerOf, saveSession, signIn } from '../session.ts'
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

type LoginOptions = { url: string; username?: string; passwordStdin?: boolean; withToken?: boolean; device?: boolean }

/** By a token or a password where one was offered, else in a browser; gives back who signed in. */
async function logIn(url: string, { username, passwordStdin, withToken, device }: LoginOptions): Promise<string> {
  if ([username !== undefined, withToken, device].filter(Boolean).length > 1)
    throw new CliError('One way to sign in at a time: --username, --with-token or --device.', exitCode('usage'))
  if (withToken) {
    const accessToken = readFileSync(0, 'utf8').trim()
    if (!accessToken) throw new CliError('No token came on standard input.', exitCode('usage'))
    const owner = await ownerOf(url, accessToken)
    saveSession({ url, username: owner, accessToken })
    return owner
  }
  if (username !== undefined) {
    await signIn(url, username, await askPassword())
    return username
  }
  if (passwordStdin) throw new CliError('Which user? Give --username.', exitCode('usage'))
  const tokens = await signInByDevice(url, ({ verificationUri, completeUri, userCode }) =>
    process.stderr.write(
      inert(
        `Open ${pc.bold(verificationUri)} in a browser and enter ${pc.bold(userCode)}\n${pc.dim(`or open ${completeUri}`)}\nWaiting until you allow it …\n`,
      ),
    ),
  )
  const owner = await ownerOf(url, tokens.accessToken)
  keepTokens(url, owner, tokens)
  return owner
}

export function sessionCommands(program: Command, output: () => Output): void {
  program
    .command('login')
    .description('sign in; the session is kept in your configuration folder, readable by you alone')
    .option('--url <url>', 'address of the platform', defaultUrl())
    .option('--username <name>', 'with a password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--with-token', 'with a token of your own, read from standard input')
    .option('--device', 'in a browser, which may be on another machine; so it is unless another way is given')
    .action(async (options: LoginOptions) => {
      const url = options.url.replace(/\/$/, '')
      const username = await logIn(url, options)
      show(output(), { username, url }, () => `${pc.green('●')} Signed in to ${url} as ${pc.bold(username)}.`)
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
}
