import type { RequestRecord } from '../model/decision.ts';
import type { Request, Requester, RunRequest, UndoRequest } from '../model/request.ts';
import { GLOBAL_CHAIN, type TimelineDraft, type TimelineKind } from '../model/timeline.ts';
import { scopeText } from '../text/thread.ts';
import { foreign, userToken } from '../text/tokens.ts';

const INCIDENT_ID = /^inc-[a-z0-9]{10}$/;

/** What is kept of a decision, and in which chain; null: a question that was answered. */
export function entryOfDecision(
  record: RequestRecord,
  openIncidentId: string | null,
): { readonly chain: string; readonly draft: TimelineDraft } | null {
  const { request, decision, by, id } = record;
  if (decision === null) return null;
  const isQuestion = request.kind === 'details' || request.kind === 'tell';
  if (isQuestion && decision.kind === 'permitted') return null;
  const named = 'incidentId' in request && INCIDENT_ID.test(request.incidentId) ? request.incidentId : openIncidentId;
  const runId = decision.kind === 'permitted' ? decision.runId : null;
  const refs = {
    requestId: id,
    ...('targetId' in request && request.targetId !== null ? { targetId: request.targetId } : {}),
    ...(runId === null ? {} : { runId }),
    ...(record.messageTs === null ? {} : { messageTs: record.messageTs }),
  };
  const draft: TimelineDraft = {
    id: `decided:${id}`,
    atMs: decision.atMs,
    what: kindOf(request, decision.kind),
    byUserId: by.userId,
    why: decision.kind === 'refused' ? decision.reason : null,
    text: `${decision.kind === 'refused' ? 'was refused: ' : 'asked to '}${wishText(request)}${viaText(by)}`,
    refs,
  };
  return { chain: named ?? GLOBAL_CHAIN, draft };
}

function kindOf(request: Request, decided: 'permitted' | 'refused'): TimelineKind {
  if (decided === 'refused') return 'refused';
  if (request.kind === 'freeze') return 'frozen';
  return request.kind === 'unfreeze' ? 'unfrozen' : 'permitted';
}

/** Whoever may write the table says who they act for; both are kept. */
function viaText({ via }: Requester): string {
  return via === undefined ? '' : `, from the command line as ${foreign(via).slice(0, 160)}`;
}

function aloneText({ breakGlass }: RunRequest | UndoRequest): string {
  return breakGlass === undefined ? '' : `, without a second person: ${foreign(breakGlass).slice(0, 200)}`;
}

/** After the person's name. */
function wishText(request: Request): string {
  switch (request.kind) {
    case 'run':
      return `${request.dryRun ? 'try out' : 'run'} ${request.runbookId} on ${request.applicationId} (${request.hosts.length === 1 ? '1 host' : `${request.hosts.length} hosts`})${aloneText(request)}`;
    case 'undo':
      return `take back ${request.undoes} with ${request.runbookId}${aloneText(request)}`;
    case 'cancel':
    case 'approve':
    case 'reject':
      return `${request.kind} ${request.runId}`;
    case 'freeze':
      return `freeze ${scopeText(request.scope, userToken)}: ${foreign(request.why).slice(0, 200)}`;
    case 'unfreeze':
      return `lift the freeze of ${scopeText(request.scope, userToken)}`;
    case 'silence':
      return `silence ${request.targetId}: ${foreign(request.why).slice(0, 200)}`;
    case 'details':
      return request.of === null ? 'see details' : `see what ${request.of.runbookId} would do`;
    case 'tell':
      return `ask for the ${request.what.kind}`;
    case 'unreadable':
      return 'something that could not be read';
    case 'acknowledge':
    case 'unsilence':
      return `${request.kind} ${request.targetId}`;
  }
}
