const hopsMax = 12

/**
 * Follows a sign-in as a browser does, with the provider's cookies, filling in its form once. Returns the first address
 * that is of another host than the provider: where the client takes over. Throws when there is none.
 */
export async function walkSignIn(authorizationUrl: string, login: string): Promise<string> {
  const { host } = new URL(authorizationUrl)
  const cookies = new Map<string, string>()
  let at = new URL(authorizationUrl)
  let form: URLSearchParams | undefined
  for (let hop = 0; hop < hopsMax; hop++) {
    const response = await fetch(at, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form !== undefined && { method: 'POST', body: form }),
    })
    form = undefined
    for (const line of response.headers.getSetCookie()) keep(cookies, line)
    const text = await response.text()
    const location = response.headers.get('location')
    if (location !== null) at = new URL(location, at)
    else if (text.includes('name="login"')) form = new URLSearchParams({ login })
    else throw new Error(`the provider answered ${response.status}: ${text.slice(0, 500)}`)
    if (at.host !== host) return at.href
  }
  throw new Error(`the provider sent on and on, at last to ${at.href}`)
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const name = pair.slice(0, pair.indexOf('='))
  const value = pair.slice(pair.indexOf('=') + 1)
  if (value === '') cookies.delete(name)
  else cookies.set(name, value)
}
