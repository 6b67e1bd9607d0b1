import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useAction } from '../api/actions.ts'
import { ask } from '../api/queries.ts'
import { Button } from '../ui/button.tsx'
import { Facts } from '../ui/facts.tsx'
import { TextField } from '../ui/field.tsx'
import { Load } from '../ui/load.tsx'
import { Card, Page } from '../ui/page.tsx'
import { ProblemView } from '../ui/problem-view.tsx'
import { StatusShape } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'

function Decide({ userCode, onAgain }: { userCode: string; onAgain: () => void }) {
  const [decided, setDecided] = useState<'allowed' | 'refused'>()
  const request = useQuery({ ...ask('getDeviceRequest', { params: { userCode } }), enabled: decided === undefined })
  const decide = useAction('decideDevice', { quiet: true })
  const answer = (allow: boolean): void =>
    decide.mutate(
      { params: { userCode }, body: { allow } },
      { onSuccess: () => setDecided(allow ? 'allowed' : 'refused') },
    )
  if (decided !== undefined)
    return (
      <Card className="flex items-start gap-3 p-5">
        <StatusShape tone={decided === 'allowed' ? 'healthy' : 'unknown'} size={20} className="mt-0.5" />
        <div role="status">
          <p className="text-lg font-semibold">{decided === 'allowed' ? 'The device is signed in' : 'Refused'}</p>
          <p className="text-quiet">
            {decided === 'allowed'
              ? 'Go back to the terminal; it goes on by itself.'
              : 'The device stays outside. If you did not start this, nothing else is needed.'}
          </p>
        </div>
      </Card>
    )
  return (
    <Load of={request}>
      {({ client, address, createdAt, expiresAt, userCode: code }) => (
        <Card className="p-5">
          <p className="font-mono text-xl font-semibold tracking-widest">{code}</p>
          <p className="mt-2 mb-4 text-quiet">
            Is this the code that your terminal shows? Only then allow it: it will act as you.
          </p>
          <Facts
            facts={[
              ['Program', client],
              ['From', address ?? 'an unknown address'],
              ['Asked', <Ago key="asked" at={createdAt} />],
              ['Ends', <Ago key="ends" at={expiresAt} />],
            ]}
          />
          {decide.isError && (
            <div className="mt-4">
              <ProblemView error={decide.error} />
            </div>
          )}
          <div className="mt-5 flex flex-wrap gap-2">
            <Button look="primary" busy={decide.isPending} onClick={() => answer(true)}>
              Allow
            </Button>
            <Button look="danger" busy={decide.isPending} onClick={() => answer(false)}>
              Refuse
            </Button>
            <Button look="quiet" onClick={onAgain}>
              Another code
            </Button>
          </div>
        </Card>
      )}
    </Load>
  )
}

export function DevicePage() {
  const { user_code: userCode } = useSearch({ from: '/app/device' })
  const navigate = useNavigate({ from: '/device' })
  const [typed, setTyped] = useState('')
  return (
    <Page title="Sign in a device" lead="Let the command line on another machine act as you." cli="plinth login">
      <div className="max-w-lg">
        {userCode === undefined ? (
          <form
            className="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              void navigate({ search: { user_code: typed.trim().toUpperCase() } })
            }}
          >
            <TextField
              label="Code"
              required
              autoFocus
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={setTyped}
              placeholder="BDFH-KMPR"
              help="plinth login shows it on the device"
            />
            <div>
              <Button type="submit" look="primary" disabled={typed.trim() === ''}>
                Go on
              </Button>
            </div>
          </form>
        ) : (
          <>
            <Decide key={userCode} userCode={userCode} onAgain={() => void navigate({ search: {} })} />
          </>
        )}
      </div>
    </Page>
  )
}
