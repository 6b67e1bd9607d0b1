import { Link } from '@tanstack/react-router'
import { buttonLook } from '../../ui/button.tsx'
import { CopyButton, Hash } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Subject } from '../../ui/names.tsx'
import { Status } from '../../ui/status.tsx'
import { exact } from '../../ui/time.tsx'
import type { Entry } from './audit-page.tsx'

/** One entry, whole, with the ways on: the same request, the same object, the same person. */
export function AuditEntryPanel({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const { sequence, partition, actor, action, object, outcome, project, source, occurredAt, requestId, hash } = entry
  const detail = JSON.stringify(entry.detail, undefined, 2)
  const more = (text: string, search: Record<string, string>) => (
    <Link to="/access/audit" search={search} className={buttonLook('plain', true)}>
      {text}
    </Link>
  )
  return (
    <Dialog title={`Entry ${sequence} of ${partition}`} look="drawer" onClose={onClose}>
      <div className="flex flex-col gap-5 p-4">
        <Facts
          facts={[
            [
              'Outcome',
              <Status
                key="outcome"
                state={outcome}
                tone={outcome === 'denied' ? 'failed' : 'healthy'}
                text={outcome === 'denied' ? 'refused' : 'done'}
              />,
            ],
            ['Who', <Subject key="who" value={actor} link />],
            ['Did', <code key="did">{action}</code>],
            ['To', <code key="to">{object}</code>],
            ['Project', project],
            ['Source', source],
            ['When', exact(occurredAt)],
            ['Request', requestId === undefined ? '–' : <Hash key="request" value={requestId} length={40} />],
            [
              'Hash',
              <code key="hash" className="text-xs break-all">
                {hash}
              </code>,
            ],
          ]}
        />
        <div className="flex flex-wrap gap-2">
          {more('All of this object', { object })}
          {more(`All by ${actor.replace(/^user:/, '')}`, { actor })}
          {requestId !== undefined && more('All of this request', { requestId })}
        </div>
        <section aria-label="Detail">
          <div className="flex items-center">
            <h3 className="flex-1 font-semibold">Detail</h3>
            <CopyButton text={JSON.stringify(entry, undefined, 2)} label="Copy the entry" />
          </div>
          <pre tabIndex={0} aria-label="Detail as JSON" className="overflow-auto rounded-md bg-sunken p-3 text-xs">
            {detail}
          </pre>
        </section>
      </div>
    </Dialog>
  )
}
