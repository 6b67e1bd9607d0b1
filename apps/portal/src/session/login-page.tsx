import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { LineMark, Mark } from '../shell/mark.tsx'
import { ProviderLinks, useProviders } from './providers.tsx'
import { signIn } from './session.ts'

/** Only a path of this portal: a whole URL in `next` would send people elsewhere after they signed in. */
const ownPath = (next: string | undefined): string =>
  next?.startsWith('/') === true && !/^\/[/\\]/.test(next) ? next : '/'

function PasswordForm({ next }: { next: string }) {
  const navigate = useNavigate()
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [state, setState] = useState<{ busy: boolean; error?: unknown }>({ busy: false })
  const submit = async (): Promise<void> => {
    setState({ busy: true })
    try {
      await signIn(username, password)
      await navigate({ href: next })
    } catch (error) {
      setPassword('')
      setState({ busy: false, error })
    }
  }
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <TextField
        label="User name"
        name="username"
        autoComplete="username"
        spellCheck={false}
        required
        autoFocus
        value={username}
        onChange={setUsername}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      {state.error !== undefined && <ProblemView error={state.error} />}
      <Button type="submit" look="primary" busy={state.busy}>
        Sign in
      </Button>
    </form>
  )
}

export function LoginPage() {
  const { next } = useSearch({ from: '/login' })
  const { password: hasPassword, items: providers } = useProviders()
  useEffect(() => {
    document.title = 'Sign in · Plinth'
  }, [])
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-80">
        <div className="mb-8 flex items-center gap-2.5 text-accent">
          <Mark size={28} />
          <span className="text-xl font-semibold tracking-tight text-ink">Plinth</span>
        </div>
        <h1 className="mb-1 text-xl font-semibold">Sign in</h1>
        <p className="mb-6 text-quiet">From commit to production, seen on one line.</p>
        {providers.length > 0 && <ProviderLinks items={providers} next={ownPath(next)} />}
        {providers.length > 0 && hasPassword && (
          <p className="my-4 flex items-center gap-3 text-xs text-quiet before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
            or with a password
          </p>
        )}
        {hasPassword && <PasswordForm next={ownPath(next)} />}
        <LineMark className="mt-12" />
      </div>
    </main>
  )
}
