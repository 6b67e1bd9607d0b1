import { type ReactNode, useState } from 'react'
import { useAction } from '../api/actions.ts'
import type { Answer } from '../api/plinth.ts'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'
import type { Application } from './stations.ts'
import { ScaleDialog } from './scale-dialog.tsx'

type Workload = Answer<'getWorkload'>
type Asking = 'rollback' | 'restart' | 'scale' | 'stop' | undefined

const stale = ['getDeliveryLine', 'listApplications', 'listWorkloads', 'getWorkload', 'listSyncs'] as const

/** What may be done to a component in an environment. Production asks for the name before it stops or goes back. */
export function EnvironmentActions({
  application,
  workload,
}: {
  application: Application
  workload?: Workload | undefined
}) {
  const { project, environment, component } = application
  const [asking, setAsking] = useState<Asking>()
  const close = (): void => setAsking(undefined)
  const params = { project, environment, component }
  const workloadParams = { project, environment, workload: component }
  const deploy = useAction('deployApplication', { stale, done: `The newest release goes to ${environment}` })
  const sync = useAction('syncApplication', { stale, done: `${environment} is being brought in sync` })
  const rollback = useAction('rollbackApplication', {
    stale,
    done: `${component} goes back in ${environment}`,
    onDone: close,
  })
  const restart = useAction('restartWorkload', {
    stale,
    done: `${component} restarts in ${environment}, replica by replica`,
    onDone: close,
  })
  const stop = useAction('stopWorkload', { stale, done: `${component} stops in ${environment}`, onDone: close })
  const start = useAction('startWorkload', { stale, done: `${component} starts in ${environment}` })
  const guarded = environment === 'production' ? { typeName: component } : {}
  const running = workload?.desired.running !== false
  const none = workload === undefined
  const items = [
    { text: 'Sync now', onSelect: () => sync.mutate({ params }) },
    { text: 'Deploy the newest release', onSelect: () => deploy.mutate({ params, body: {} }) },
    { text: 'Roll back…', onSelect: () => setAsking('rollback'), disabled: application.liveRevision === undefined },
    { text: 'Restart…', onSelect: () => setAsking('restart'), disabled: none || !running },
    { text: 'Scale…', onSelect: () => setAsking('scale'), disabled: none },
    running
      ? { text: 'Stop…', onSelect: () => setAsking('stop'), disabled: none, danger: true }
      : { text: 'Start', onSelect: () => start.mutate({ params: workloadParams }) },
  ]
  const dialogs: Readonly<Record<NonNullable<Asking>, () => ReactNode>> = {
    rollback: () => (
      <Confirm
        {...guarded}
        title={`Roll ${component} back in ${environment}?`}
        action="Roll back"
        busy={rollback.isPending}
        onClose={close}
        onConfirm={() => rollback.mutate({ params, body: {} })}
      >
        It goes back to the last version that was healthy here; now it runs {application.liveRevision?.slice(0, 7)}. The
        database keeps its data.
      </Confirm>
    ),
    restart: () => (
      <Confirm
        title={`Restart ${component} in ${environment}?`}
        action="Restart"
        busy={restart.isPending}
        onClose={close}
        onConfirm={() => restart.mutate({ params: workloadParams })}
      >
        Every replica is replaced, one after the other, without a failed request.
      </Confirm>
    ),
    stop: () => (
      <Confirm
        {...guarded}
        title={`Stop ${component} in ${environment}?`}
        action="Stop"
        busy={stop.isPending}
        onClose={close}
        onConfirm={() => stop.mutate({ params: workloadParams })}
      >
        It answers nobody until it is started again. Its data stays.
      </Confirm>
    ),
    scale: () => <ScaleDialog workload={workloadParams} replicas={workload?.desired.replicas ?? 1} onClose={close} />,
  }
  const trigger = (
    <button
      type="button"
      aria-label={`Actions for ${environment}`}
      className="inline-flex size-7 items-center justify-center rounded-md border border-line bg-surface text-quiet hover:border-line-strong hover:text-ink"
    >
      <Icon name="more" />
    </button>
  )
  return (
    <>
      <Menu label={`Actions for ${environment}`} trigger={trigger} items={items} />
      {asking !== undefined && dialogs[asking]()}
    </>
  )
}
