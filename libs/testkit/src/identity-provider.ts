import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Configuration, Provider as OidcProvider } from 'oidc-provider'
import { walkSignIn } from './identity-provider-walk.ts'

/** Somebody whom the provider knows; any password does. Whatever is in `claims` goes into the ID token. */
export type ProviderAccount = {
  /** The provider's own, unchanging id of him; his login unless said. */
  sub?: string
  claims?: Readonly<Record<string, unknown>>
}
export type ProviderClient = { clientId: string; clientSecret: string; redirectUris: string[] }
export type TestIdentityProvider = {
  /** `http://127.0.0.1:<port>`; the discovery document is below it. */
  issuer: string
  /** By login. Change it at any time: the next sign-in sees it. */
  accounts: Map<string, ProviderAccount>
  /** Does what a browser of `login` would: from the authorization URL to the address that the provider sends him back to. */
  walk(authorizationUrl: string, login: string): Promise<string>
  close(): Promise<void>
}
type Wanted = {
  accounts: Readonly<Record<string, ProviderAccount>>
  clients: readonly ProviderClient[]
  /** Claims beside `sub` that an ID token may hold; `name`, `email`, `preferred_username` and `groups` unless said. */
  claims?: readonly string[]
}

/** The login of whoever presses "cancel": the provider sends an error back, with a text that must not be shown. */
export const refusedLogin = 'refused'
export const refusalText = '<script>alert("from the provider")</script>'

/**
 * A real OpenID provider (the certified `oidc-provider`) on a free loopback port, which demands PKCE, and signs in by
 * a form of one field: `login`, and a button `Sign in`. Consent is not asked for. Close it when done.
 */
export async function testIdentityProvider(wanted: Wanted): Promise<TestIdentityProvider> {
  // Imported late: few tests need it, and it is large.
  const { Provider } = await import('oidc-provider')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts = new Map(Object.entries(wanted.accounts))
  const provider = new Provider(issuer, configuration(wanted, accounts))
  const handle = provider.callback()
  server.on('request', (req, res) => {
    const uid = /^\/interaction\/([\w-]+)$/.exec(req.url ?? '')?.[1]
    if (uid === undefined) void handle(req, res)
    else void interact(provider, accounts, req, res)
  })
  return { issuer, accounts, walk: walkSignIn, close: () => closed(server) }
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

const subOf = (login: string, account: ProviderAccount): string => account.sub ?? login

function configuration({ clients, claims }: Wanted, accounts: Map<string, ProviderAccount>): Configuration {
  const told = claims ?? ['name', 'email', 'preferred_username', 'groups']
  return {
    clients: clients.map(({ clientId, clientSecret, redirectUris }) => ({
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: redirectUris,
      grant_types: ['authorization_code'],
      response_types: ['code'],
    })),
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    claims: { openid: ['sub', ...told] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    conformIdTokenClaims: false,
    cookies: { keys: ['of a provider that lives for one test'] },
    ttl: { Grant: 600, IdToken: 600, Interaction: 600, Session: 600, AccessToken: 600 },
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, sub) => {
      const found = [...accounts].find(([login, account]) => subOf(login, account) === sub)
      return found && { accountId: sub, claims: () => ({ ...found[1].claims, sub }) }
    },
    async loadExistingGrant(ctx) {
      const { client, session } = ctx.oidc
      if (client === undefined || session?.accountId === undefined) return undefined
      const grant = new ctx.oidc.provider.Grant({ accountId: session.accountId, clientId: client.clientId })
      grant.addOIDCScope('openid profile email groups')
      await grant.save()
      return grant
    },
  }
}

const page = `<!doctype html><html lang="en"><title>Test provider</title><form method="post">
<label>Login <input name="login" autofocus></label><button>Sign in</button></form></html>`

async function interact(
  provider: OidcProvider,
  accounts: Map<string, ProviderAccount>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (req.method !== 'POST') {
    res.writeHead(200, { 'content-type': 'text/html' }).end(page)
    return
  }
  let form = ''
  for await (const chunk of req) form += String(chunk)
  const login = new URLSearchParams(form).get('login') ?? ''
  const account = accounts.get(login)
  const result =
    account === undefined || login === refusedLogin
      ? { error: 'access_denied', error_description: refusalText }
      : { login: { accountId: subOf(login, account) } }
  await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false })
}
