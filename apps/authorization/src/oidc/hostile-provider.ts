import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** What a provider that lies makes of an honest ID token, or of its whole answer. */
export type Lie = {
  claims?: Record<string, unknown>
  header?: Record<string, string>
  /** Signs with a key that its key set does not have. */
  otherKey?: boolean
  /** Of the discovery document. */
  metadata?: Record<string, unknown>
  /** In the place of the ID token. */
  idToken?: string
}

export type HostileProvider = Awaited<ReturnType<typeof hostileProvider>>

/** An OpenID provider for tests of what is refused: it answers any code, with an ID token as `lie` has it. */
export async function hostileProvider(clientId: string) {
  const own = await generateKeyPair('RS256')
  const other = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const state: { lie: Lie; nonce: string } = { lie: {}, nonce: '' }
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const idToken = async (): Promise<string> => {
    const now = Math.floor(Date.now() / 1000)
    const { claims = {}, header = {}, otherKey = false } = state.lie
    const honest = { iss: issuer, aud: clientId, sub: 'u1', preferred_username: 'mallory', nonce: state.nonce }
    return new SignJWT({ ...honest, iat: now, exp: now + 60, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
      .sign(otherKey ? other.privateKey : own.privateKey)
  }
  const answers: Record<string, () => unknown> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
      ...state.lie.metadata,
    }),
    '/jwks': () => ({ keys: [jwk] }),
    '/token': async () => ({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: state.lie.idToken ?? (await idToken()),
    }),
  }
  server.on('request', (req, res) => {
    const answer = answers[req.url?.split('?')[0] ?? '']
    if (answer === undefined) return void res.writeHead(404).end()
    req.resume()
    void Promise.resolve(answer()).then((body) =>
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
    )
  })
  return {
    issuer,
    /** Where it sends the browser back to, for an authorization URL: with a code, and whatever `more` says. */
    callbackQuery(authorizationUrl: string, more: Record<string, string> = {}): string {
      const asked = new URL(authorizationUrl).searchParams
      state.nonce = asked.get('nonce') ?? ''
      return `?${new URLSearchParams({ code: 'c', state: asked.get('state') ?? '', iss: issuer, ...more }).toString()}`
    },
    tell(lie: Lie): void {
      state.lie = lie
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
