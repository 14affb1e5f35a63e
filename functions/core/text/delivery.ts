import type { MessageRef, NoticeDebt, StoryEntry } from '../model/delivery.ts';
import { foreign, timeToken, userToken } from './tokens.ts';

/** What the threads say of a card that is not where, or not what, people would expect. */
export function postedStory(
  { closedChannel, lastProblem, uneditable, message: old }: NoticeDebt,
  { ts }: MessageRef,
  isDoubtful: boolean,
  atMs: number,
): StoryEntry[] {
  const entries: StoryEntry[] = [];
  if (isDoubtful) {
    const text =
      "This may be the second message about this incident: Slack didn't confirm the first one, and it couldn't be looked up.";
    entries.push({ id: `posted:${ts}:blind`, atMs, text });
  }
  if (uneditable !== undefined && old !== null) {
    const when = timeToken(Number(old.ts) * 1000);
    const text = `This replaces the message of ${when}, which can't be edited any more. ${uneditable}`;
    entries.push({ id: `posted:${ts}:new`, atMs, text });
    const here = "This message can't be edited any more. The current state is in a new message in this channel.";
    entries.push({ id: `posted:${ts}:old`, atMs, text: here, below: old });
  } else if (closedChannel !== undefined) {
    const text = `It is here because its own channel refuses it. ${lastProblem ?? ''}`;
    entries.push({ id: `posted:${ts}:moved`, atMs, text });
  }
  return entries;
}

/** Why a post is made although an earlier one may stand in the channel. */
export const NOT_ALL_SEARCHED = 'so much was written in that time that not all of it was looked through';

/** Why a card that may not be edited is not replaced yet. */
export const REPLACED_LATELY = "the message before can't be edited any more, and is less than a minute old";

/** For the timeline. */
export function lostAnswerText(userId: string, why: string): string {
  return `The answer to ${userToken(userId)} could not be shown in Slack: ${foreign(why)}`;
}

/** In a note, where the form could not be filled. */
export function noFormText(why: string): string {
  return `${why} Nothing was started.`;
}
