import { expect, test, onTestFinished } from 'vitest'
import { refusalText, refusedLogin, testIdentityProvider } from './identity-provider.ts'

test('a provider signs in whom it knows by its form, and sends back an error for whom it does not', async () => {
  const provider = await testIdentityProvider({
    accounts: { ana: { claims: { groups: ['leads'] } } },
    clients: [{ clientId: 'plinth', clientSecret: 'secret', redirectUris: ['http://localhost:8080/back'] }],
  })
  onTestFinished(() => provider.close())
  const discovery = (await (await fetch(`${provider.issuer}/.well-known/openid-configuration`)).json()) as {
    authorization_endpoint: string
    issuer: string
  }
  expect(discovery.issuer).toBe(provider.issuer)
  const asked = new URL(discovery.authorization_endpoint)
  asked.search = new URLSearchParams({
    client_id: 'plinth',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'http://localhost:8080/back',
    state: 'the state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString()
  const back = new URL(await provider.walk(asked.href, 'ana'))
  expect(back.origin + back.pathname).toBe('http://localhost:8080/back')
  expect(Object.fromEntries(back.searchParams)).toEqual({
    state: 'the state',
    iss: provider.issuer,
    code: expect.stringMatching(/./),
  })
  const refused = new URL(await provider.walk(asked.href, refusedLogin))
  expect(refused.searchParams.get('error_description')).toBe(refusalText)
})
