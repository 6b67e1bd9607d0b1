import type { ComponentProps } from 'react'
import type { Question } from '../../api/may.ts'
import { useMay } from '../../api/may.ts'
import { useViewedAs } from '../../api/view-as.ts'
import { Page } from '../../ui/page.tsx'
import { StatusShape } from '../../ui/status.tsx'

type Props = ComponentProps<typeof Page> & {
  /** What the platform asks for to answer this page. */
  needs?: Question
}

/** A page of the area; while it is seen as somebody else, it says whether that one could open it. */
export function AccessPage({ needs, children, ...rest }: Props) {
  const as = useViewedAs()
  const may = useMay(as === undefined ? undefined : needs)
  return (
    <Page wide {...rest}>
      {as !== undefined && !may.allowed && (
        <p
          role="note"
          className="mb-4 flex items-start gap-2 rounded-md border border-line bg-surface px-3 py-2 text-sm"
        >
          <StatusShape tone="degraded" className="mt-[3px]" />
          <span>
            <code>{as}</code> could not open this page: <span className="text-quiet">{may.reason}</span>
          </span>
        </p>
      )}
      {children}
    </Page>
  )
}
