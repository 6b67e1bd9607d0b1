import type { contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { algorithmOf } from './key-pairs.ts'
import type { SigningKeys } from './signing-keys.ts'

type Routes = typeof contracts.authorization.routes

/** Shorter than a key is published before it signs, by far. */
const keysMaxAgeSeconds = 300

export const keyHandlers = ({ keys, publicUrl }: Pick<Parts, 'keys' | 'publicUrl'>) =>
  ({
    jwks: async ({ setHeader }) => {
      setHeader('cache-control', `public, max-age=${keysMaxAgeSeconds}`)
      return keys.jwks()
    },
    openIdConfiguration: async ({ setHeader }) => {
      setHeader('cache-control', `public, max-age=${keysMaxAgeSeconds}`)
      return {
        issuer: publicUrl,
        jwks_uri: `${publicUrl}/.well-known/jwks.json`,
        token_endpoint: `${publicUrl}/auth/token`,
        device_authorization_endpoint: `${publicUrl}/auth/device_authorization`,
        grant_types_supported: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        token_endpoint_auth_methods_supported: ['none'],
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        scopes_supported: ['openid'],
        claims_supported: ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
      }
    },
    listSigningKeys: () => listed(keys),
    rotateSigningKeys: async ({ who, body }) => {
      await keys.rotate(body.use, who)
      return listed(keys)
    },
  }) satisfies Partial<Handlers<Routes>>

const listed = async (keys: SigningKeys) => ({
  items: (await keys.list()).map(({ kid, use, state, createdAt, signsFrom, verifiesUntil }) => ({
    kid,
    use,
    state,
    alg: algorithmOf(use),
    createdAt,
    ...(signsFrom !== null && { signsFrom }),
    ...(verifiesUntil !== null && { verifiesUntil }),
  })),
})
