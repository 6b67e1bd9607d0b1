import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { randomUUID } from 'node:crypto'
import pc from 'picocolors'
import { list, scopeFrom, wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'

type Made = Awaited<ReturnType<Api['createMyToken']>>
type Scope = ReturnType<typeof scopeFrom>

const tokenText = ({ token, info }: Made): string =>
  `${token}\n${pc.dim(`${info.id} · shown once · valid until ${info.expiresAt}; it is the password that git asks for`)}`

const tokenTable = ({ items }: Awaited<ReturnType<Api['listMyTokens']>>): string =>
  items.length === 0
    ? 'No tokens.'
    : table(
        ['ID', 'NAME', 'BEGINS', 'MAY', 'USED', 'UNTIL'],
        items.map(({ id, name, prefix, scopes, lastUsedAt, expiresAt }) => [
          id,
          name,
          prefix,
          scopes === undefined ? 'all' : scopes.map((one) => `${one.action} ${one.object} ${one.domain}`).join(', '),
          lastUsedAt === undefined ? 'never' : ago(lastUsedAt),
          expiresAt,
        ]),
      )

/** What every command that makes a token takes. */
const tokenOptions = (command: Command): Command =>
  command
    .option('--days <days>', 'how long it is valid', wholeNumber, 30)
    .option(
      '--scope <scope>',
      'only this, once for each: "get repository payments"',
      (text: string, all: Scope[]) => [...all, scopeFrom(text)],
      [],
    )

const newToken = (name: string, { days, scope }: { days: number; scope: Scope[] }) => ({
  name,
  expiresInDays: days,
  ...(scope.length > 0 && { scopes: scope }),
})

/** `project/account`. */
function accountFrom(text: string): { project: string; account: string } {
  const [project, account, ...more] = text.split('/')
  if (!project || !account || more.length > 0)
    throw new CliError(`'${text}' is no service account; write project/account.`, exitCode('usage'))
  return { project, account }
}

export function tokenCommands(program: Command, output: () => Output): void {
  const token = program
    .command('token')
    .description('personal access tokens for git and programs: create, list, revoke')
  tokenOptions(token.command('create [name]', { isDefault: true }))
    .description('make one; shown once')
    .option('--name <name>', 'what it is for')
    .action(async (given: string | undefined, options: { name?: string; days: number; scope: Scope[] }) => {
      const name = given ?? options.name
      if (name === undefined) throw new CliError('What is it for? Give it a name.', exitCode('usage'))
      show(output(), await connect().createMyToken({ body: newToken(name, options) }), tokenText)
    })
  token
    .command('list')
    .description('those that are valid')
    .action(async () => show(output(), await connect().listMyTokens(), tokenTable))
  token
    .command('revoke <id>')
    .description('withdraw one; effective at once')
    .action(async (id: string) => {
      await connect().deleteMyToken({ params: { token: id } })
      show(output(), { id, revoked: true }, () => `${pc.green('●')} ${id} is withdrawn.`)
    })
}

function userCommands(program: Command, output: () => Output): void {
  const user = program.command('user').description('users: create, list')
  user
    .command('create <username>')
    .description('create a local user; the password comes on standard input')
    .option('--name <name>', 'as people know them')
    .option('--groups <groups>', 'of which groups, with commas between', list)
    .action(async (username: string, options: { name?: string; groups?: string[] }) => {
      const password = readFileSync(0, 'utf8').split('\n')[0] ?? ''
      const body = {
        username,
        password,
        ...(options.name !== undefined && { displayName: options.name }),
        ...(options.groups !== undefined && { groups: options.groups }),
      }
      show(output(), await connect().createUser({ body }), (made) => `${pc.green('●')} ${made.username} is there.`)
    })
  user
    .command('list')
    .description('all users with their groups')
    .action(async () => {
      show(output(), await connect().listUsers({ query: { limit: 200 } }), ({ items }) =>
        table(
          ['USER', 'NAME', 'GROUPS', 'SINCE'],
          items.map((u) => [u.username, u.displayName, u.groups.join(', '), ago(u.createdAt)]),
        ),
      )
    })
}

function groupCommands(program: Command, output: () => Output): void {
  const group = program.command('group').description('groups: list, create, add, remove')
  group
    .command('list')
    .description('groups with their members')
    .action(async () => {
      show(output(), await connect().listGroups(), ({ items }) =>
        table(
          ['GROUP', 'MEMBERS', 'WHAT FOR'],
          items.map(({ name, members, description }) => [name, members.join(', '), description]),
        ),
      )
    })
  group
    .command('create <name>')
    .description('make an empty group')
    .option('--description <text>', 'what for')
    .action(async (name: string, { description }: { description?: string }) => {
      const body = { name, ...(description !== undefined && { description }) }
      const made = await connect().createGroup({ body, idempotencyKey: randomUUID() })
      show(output(), made, () => `${pc.green('●')} ${name} is there.`)
    })
  for (const [verb, word] of [
    ['add', 'is now in'],
    ['remove', 'is no longer in'],
  ] as const)
    group
      .command(`${verb} <group> <username>`)
      .description(verb === 'add' ? 'put a user into a group' : 'take a user out of a group')
      .action(async (name: string, username: string) => {
        const api = connect()
        const body = { group: name, username }
        const changed = verb === 'add' ? await api.addGroupMember({ body }) : await api.removeGroupMember({ body })
        show(output(), changed, () => `${pc.green('●')} ${username} ${word} ${name}.`)
      })
}

function accountCommands(program: Command, output: () => Output): void {
  const account = program
    .command('service-account')
    .description('accounts of programs: list, create, delete, token, tokens')
  account
    .command('list <project>')
    .description('those of a project')
    .action(async (project: string) => {
      show(output(), await connect().listServiceAccounts({ params: { project } }), ({ items }) =>
        items.length === 0
          ? 'No service accounts.'
          : table(
              ['ACCOUNT', 'SUBJECT', 'BY', 'SINCE', 'WHAT FOR'],
              items.map((one) => [one.name, one.subject, one.createdBy, ago(one.createdAt), one.description]),
            ),
      )
    })
  account
    .command('create <project/account>')
    .description(
      'make one; it may nothing until it is given a role: plinth grant sa:payments/ci developer --in payments',
    )
    .option('--description <text>', 'what for')
    .action(async (text: string, { description }: { description?: string }) => {
      const { project, account: name } = accountFrom(text)
      const body = { name, ...(description !== undefined && { description }) }
      const made = await connect().createServiceAccount({ params: { project }, body, idempotencyKey: randomUUID() })
      show(output(), made, ({ subject }) => `${pc.green('●')} ${subject} is there.`)
    })
  account
    .command('delete <project/account>')
    .description('remove one with its tokens and grants')
    .action(async (text: string) => {
      await connect().deleteServiceAccount({ params: accountFrom(text) })
      show(output(), { account: text, deleted: true }, () => `${pc.green('●')} ${text} is gone.`)
    })
  tokenOptions(account.command('token <project/account>'))
    .description('make a token for one; shown once')
    .option('--name <name>', 'what it is for', 'cli')
    .action(async (text: string, options: { name: string; days: number; scope: Scope[] }) => {
      const body = newToken(options.name, options)
      show(output(), await connect().createServiceAccountToken({ params: accountFrom(text), body }), tokenText)
    })
  account
    .command('tokens <project/account>')
    .description('its tokens')
    .action(async (text: string) =>
      show(output(), await connect().listServiceAccountTokens({ params: accountFrom(text) }), tokenTable),
    )
}

export function peopleCommands(program: Command, output: () => Output): void {
  userCommands(program, output)
  groupCommands(program, output)
  accountCommands(program, output)
}
