import { failure } from '@plinth/contracts'
import type { Sealing } from '@plinth/kernel/sealing'
import * as oidc from 'openid-client'
import type { Outbound } from '../outbound/fetch.ts'
import type { Claims } from './claims.ts'
import type { Provider } from './store.ts'

const freshMs = 10 * 60_000
const timeoutSeconds = 10
const clockToleranceSeconds = 30

type Needs = { sealing: Sealing; outbound: Outbound; publicUrl: string; monotonicMs: () => number }
type Secrets = { state: string; nonce: string; codeVerifier: string }
export type ProviderClients = {
  /** Reads what the provider says of itself. Throws authorization.identity_provider_refused with the reason. */
  check(provider: Provider): Promise<void>
  authorizationUrl(provider: Provider, secrets: Secrets): Promise<string>
  /** Trades the code of a callback for who he is, all checks made. Throws authorization.sign_in_refused. */
  claimsOf(provider: Provider, secrets: Secrets, query: string): Promise<Claims & { sub: string }>
}

export const redirectUriOf = (publicUrl: string, name: string): string => `${publicUrl}/auth/oidc/${name}/callback`
/** Bound to the issuer as well: the secret is that issuer's, and is never opened for another. */
export const secretPurpose = ({ name, issuer }: Pick<Provider, 'name' | 'issuer'>): string =>
  `identity-provider/${name}/${issuer}`

/** Plinth as a client of OpenID providers, by openid-client (certified): code flow with PKCE. */
export function providerClients(needs: Needs): ProviderClients {
  const known = new Map<string, { key: string; untilMs: number; configuration: Promise<oidc.Configuration> }>()
  const configurationOf = (provider: Provider): Promise<oidc.Configuration> => {
    const { name, issuer, updatedAt } = provider
    const key = `${issuer} ${updatedAt}`
    const hit = known.get(name)
    if (hit !== undefined && hit.key === key && hit.untilMs > needs.monotonicMs()) return hit.configuration
    const configuration = discover(needs, provider)
    known.set(name, { key, untilMs: needs.monotonicMs() + freshMs, configuration })
    configuration.catch(() => known.delete(name))
    return configuration
  }
  return {
    async check(provider) {
      await discover(needs, provider)
    },
    async authorizationUrl(provider, { state, nonce, codeVerifier }) {
      const configuration = await configurationOf(provider).catch(unreachable)
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUriOf(needs.publicUrl, provider.name),
        scope: [...new Set(['openid', ...provider.scopes])].join(' '),
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      })
      return url.href
    },
    async claimsOf(provider, secrets, query) {
      const configuration = await configurationOf(provider).catch(unreachable)
      try {
        return await exchange(configuration, provider, secrets, redirectUriOf(needs.publicUrl, provider.name) + query)
      } catch (error) {
        // Nothing of what the provider, or whoever sent the browser here, has written is passed on.
        const said = error instanceof oidc.AuthorizationResponseError
        const detail = said ? 'The provider did not sign you in.' : 'What the provider answered cannot be trusted.'
        throw failure('authorization.sign_in_refused', { detail, cause: error })
      }
    },
  }
}

function unreachable(cause: unknown): never {
  throw failure('authorization.sign_in_refused', { detail: 'The provider cannot be asked at the moment.', cause })
}

/** Issuer, `iss` of RFC 9207, state, signature, audience, `azp`, nonce and times are checked by the library. */
async function exchange(
  configuration: oidc.Configuration,
  { usernameClaim, groupsClaim }: Provider,
  { state, nonce, codeVerifier }: Secrets,
  callbackUrl: string,
): Promise<Claims & { sub: string }> {
  const tokens = await oidc.authorizationCodeGrant(configuration, new URL(callbackUrl), {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (claims === undefined) throw new Error('there is no ID token')
  const wanted = [usernameClaim, ...(groupsClaim === null ? [] : [groupsClaim]), 'name']
  const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined
  if (!hasUserInfo || wanted.every((claim) => claim in claims)) return claims
  // Many providers keep ID tokens small, and tell the rest when they are asked.
  return { ...(await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims }
}

async function discover({ outbound, sealing }: Needs, provider: Provider): Promise<oidc.Configuration> {
  const problem = outbound.refusal(provider.issuer)
  if (problem !== undefined) throw refused(`The issuer ${problem}.`)
  const secret =
    provider.clientSecret === null ? undefined : sealing.open(secretPurpose(provider), provider.clientSecret)
  const customFetch: oidc.CustomFetch = async (url, options) => {
    const { body, method, headers, signal } = options
    const answer = await outbound.fetch(url, {
      method,
      headers,
      body: body as string | URLSearchParams | null,
      ...(signal !== undefined && { signal }),
    })
    // Built anew: the library takes a Response of the platform's own kind only.
    const bytes = await answer.arrayBuffer()
    const isEmpty = [101, 204, 205, 304].includes(answer.status)
    return new Response(isEmpty ? null : bytes, { status: answer.status, headers: [...answer.headers] })
  }
  let configuration: oidc.Configuration
  try {
    configuration = await oidc.discovery(
      new URL(provider.issuer),
      provider.clientId,
      { [oidc.clockTolerance]: clockToleranceSeconds },
      secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret),
      {
        [oidc.customFetch]: customFetch,
        timeout: timeoutSeconds,
        execute: [
          oidc.enableNonRepudiationChecks,
          ...(provider.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []),
        ],
      },
    )
  } catch (error) {
    throw refused(
      'Its discovery document could not be read, or names another issuer: it is looked for at the issuer and /.well-known/openid-configuration.',
      error,
    )
  }
  refuseEndpoints(configuration.serverMetadata(), outbound)
  return secret !== undefined && takesOnlyPost(configuration)
    ? withPost(configuration, provider, secret, customFetch)
    : configuration
}

/** Each address that the document names is checked now, and again whenever it is called. */
function refuseEndpoints(metadata: oidc.ServerMetadata, outbound: Outbound): void {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const) {
    const address = metadata[name]
    if (address === undefined && name === 'userinfo_endpoint') continue
    const problem = address === undefined ? 'is missing' : outbound.refusal(address)
    if (problem !== undefined) throw refused(`Its discovery document cannot be used: ${name} ${problem}.`)
  }
  const methods = metadata.code_challenge_methods_supported
  if (methods !== undefined && !methods.includes('S256'))
    throw refused('It does not take PKCE with S256, without which a code that is stolen can be used.')
}

const takesOnlyPost = (configuration: oidc.Configuration): boolean => {
  const methods = configuration.serverMetadata().token_endpoint_auth_methods_supported
  return methods !== undefined && !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
}

function withPost(
  before: oidc.Configuration,
  { issuer, clientId }: Provider,
  secret: string,
  customFetch: oidc.CustomFetch,
): oidc.Configuration {
  const metadata = { [oidc.clockTolerance]: clockToleranceSeconds }
  const after = new oidc.Configuration(before.serverMetadata(), clientId, metadata, oidc.ClientSecretPost(secret))
  after[oidc.customFetch] = customFetch
  after.timeout = timeoutSeconds
  oidc.enableNonRepudiationChecks(after)
  if (issuer.startsWith('http:')) oidc.allowInsecureRequests(after)
  return after
}

const refused = (detail: string, cause?: unknown) =>
  failure('authorization.identity_provider_refused', { detail, ...(cause !== undefined && { cause }) })
