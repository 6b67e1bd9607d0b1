import { readFileSync } from 'node:fs'
import { InvalidArgumentError, type Command } from 'commander'
import pc from 'picocolors'
import { list } from '../arguments.ts'
import { ago, show, table, type Output } from '../output.ts'
import { connect } from '../session.ts'

type KeyUse = 'access' | 'identity'
type ProviderOptions = {
  issuer: string
  clientId: string
  clientSecretStdin?: boolean
  displayName?: string
  scopes: string[]
  usernameClaim: string
  groupsClaim?: string
  map: Record<string, string>
  signUp: boolean
}

const keyUse = (text: string): KeyUse => {
  if (text !== 'access' && text !== 'identity') throw new InvalidArgumentError('it is access or identity')
  return text
}

function pair(text: string, all: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('it is theirs=ours')
  return { ...all, [text.slice(0, at)]: text.slice(at + 1) }
}

function providerCommands(program: Command, output: () => Output): void {
  const provider = program.command('identity-provider').description('sign-in by OpenID Connect: list, set, delete')
  provider
    .command('list')
    .description('those by which one may sign in')
    .action(async () => {
      show(output(), await connect().listIdentityProviders(), ({ items }) =>
        items.length === 0
          ? 'No identity providers: people sign in by password.'
          : table(
              ['NAME', 'ISSUER', 'CLIENT', 'REDIRECT ADDRESS', 'CHANGED'],
              items.map((one) => [one.name, one.issuer, one.clientId, one.redirectUri, ago(one.updatedAt)]),
            ),
      )
    })
  provider
    .command('set <name>')
    .description('add or change one; its discovery document is read at once')
    .requiredOption('--issuer <url>', 'https://…')
    .requiredOption('--client-id <id>', 'as it is registered there')
    .option('--client-secret-stdin', 'the secret comes on standard input; unchanged without')
    .option('--display-name <text>', 'on the button')
    .option('--scopes <scopes>', 'with commas between', list, ['openid', 'profile', 'email'])
    .option('--username-claim <claim>', 'what names the user here', 'preferred_username')
    .option('--groups-claim <claim>', 'what lists his groups')
    .option('--map <theirs=ours>', 'a group of theirs that is one of ours, once for each', pair, {})
    .option('--no-sign-up', 'only those who are users already')
    .action(async (name: string, options: ProviderOptions) => {
      const secret = options.clientSecretStdin ? (readFileSync(0, 'utf8').split('\n')[0] ?? '') : undefined
      const body = {
        displayName: options.displayName ?? name,
        issuer: options.issuer,
        clientId: options.clientId,
        scopes: options.scopes,
        usernameClaim: options.usernameClaim,
        signUp: options.signUp,
        ...(options.groupsClaim !== undefined && { groupsClaim: options.groupsClaim }),
        ...(Object.keys(options.map).length > 0 && { groups: options.map }),
        ...(secret !== undefined && { clientSecret: secret }),
      }
      show(
        output(),
        await connect().putIdentityProvider({ params: { provider: name }, body }),
        ({ redirectUri }) => `${pc.green('●')} ${name} is set. Register this address there: ${redirectUri}`,
      )
    })
  provider
    .command('delete <name>')
    .description('nobody signs in by it any more')
    .action(async (name: string) => {
      await connect().deleteIdentityProvider({ params: { provider: name } })
      show(output(), { name, deleted: true }, () => `${pc.green('●')} ${name} is gone.`)
    })
}

export function signInCommands(program: Command, output: () => Output): void {
  providerCommands(program, output)
  const key = program.command('signing-key').description('what signs tokens: list, rotate')
  key
    .command('list')
    .description('keys of now, before and next')
    .action(async () => {
      show(output(), await connect().listSigningKeys(), ({ items }) =>
        table(
          ['KEY', 'SIGNS', 'ALGORITHM', 'STATE', 'SINCE', 'VERIFIES UNTIL'],
          items.map((one) => [
            one.kid,
            one.use === 'access' ? 'access tokens' : "jobs' identity tokens",
            one.alg,
            one.state,
            ago(one.signsFrom ?? one.createdAt),
            one.verifiesUntil ?? '',
          ]),
        ),
      )
    })
  key
    .command('rotate')
    .description('the next key signs from now on; what the former signed verifies until it expires')
    .argument('<use>', 'access, or identity for the tokens of jobs', keyUse)
    .action(async (use: KeyUse) => {
      const rotated = await connect().rotateSigningKeys({ body: { use } })
      show(output(), rotated, () => `${pc.green('●')} Rotated; \`plinth signing-key list\` shows the keys.`)
    })
}
