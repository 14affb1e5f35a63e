import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '../../functions/core/config/config.ts';
import type { DemoApplication } from '../demo/demo-application.ts';
import { DEMO_TARGET } from '../demo/demo-config.ts';
import { type Demo, type DemoOptions, startDemo } from '../demo/start-demo.ts';
import type { Loop } from '../loop.ts';
import type { TerminalLog } from '../terminal-log.ts';
import { type Finding, Scene, StoryOver } from './scene.ts';
import { until } from './until.ts';

export type StoryOptions = Pick<DemoOptions, 'engine' | 'application' | 'say'>;

/** What has to be stopped again, however a story ends. */
export interface Running {
  readonly loop: Loop;
  readonly log: TerminalLog;
  stop(): Promise<void>;
}

/** One thing that may happen to people, played over the real loop. */
export interface Story {
  /** For `--help`. */
  readonly says: string;
  start(options: StoryOptions): Promise<Running & { play(scene: Scene): Promise<void> }>;
}

export interface StoryReport {
  readonly story: string;
  readonly isRight: boolean;
  readonly findings: readonly Finding[];
  /** Of the log, for who looks into what went wrong: what people see decides. */
  readonly errors: readonly string[];
  readonly seconds: number;
}

/** Three quarters within seconds, so that what matters comes soon: a warning, with room to see who holds them. */
export const LEAK = { jobs: 43, jobMs: 120 };
const HEALTHY_MS = 2000;
const SETTLE_MS = 6000;
const SETTLED_MS_MAX = 120_000;
const LOOKED_MS_MAX = 20_000;

export const ON_CALL = 'U0ONCALL';
export const SECOND = 'U0SECOND';
/** In the channel and not on the list. */
export const DEVELOPER = 'U0DEVELOPER';
export const VISITOR = 'U0VISITOR';

/** A story about the leaking demo application, begun when its connections run out. */
export function onDemo(
  says: string,
  play: (scene: Scene, demo: Demo) => Promise<void>,
  adjust: (config: Config, application: DemoApplication) => Config = (config) => config,
): Story {
  return {
    says,
    start: async (options) => {
      const demo = await startDemo({
        ...options,
        port: 0,
        leak: LEAK,
        adjust: (config, application) => adjust(atOnce(config), application),
      });
      return {
        ...demo,
        play: async (scene) => {
          await wait(HEALTHY_MS);
          await until(LOOKED_MS_MAX, () => isLookedAfter(demo));
          await demo.application.leak();
          await settled(demo);
          await play(scene, demo);
        },
      };
    },
  };
}

/** Runbell first looks for a copy of the configuration; what it finds changes what a card offers. */
async function isLookedAfter({ loop, application }: Demo): Promise<true | null> {
  const target = (await loop.stores.targets.read(DEMO_TARGET))?.value;
  return target?.snapshots?.[application.name] === undefined ? null : true;
}

/**
 * When all of the leak has been seen and its card offers the same for a while: what happens while it still grows would
 * change the card under people's hands.
 */
export async function settled({ loop }: Demo): Promise<void> {
  let offered = -1;
  let sinceMs = 0;
  await until(SETTLED_MS_MAX, async () => {
    const { figures, offerVersion = -1 } = (await loop.stores.targets.read(DEMO_TARGET))?.value ?? {};
    if (offerVersion !== offered || (figures?.connected ?? 0) < LEAK.jobs) sinceMs = Date.now();
    offered = offerVersion;
    return Date.now() - sinceMs < SETTLE_MS ? null : true;
  });
}

/** A level tells at once: how long it has to last is not what these stories are about. */
export function atOnce(config: Config): Config {
  const level = { ...config.rules.level, warningAfterSeconds: 0, criticalAfterSeconds: 0 };
  return { ...config, rules: { ...config.rules, level } };
}

export async function playStory(name: string, story: Story, options: StoryOptions): Promise<StoryReport> {
  const startedAtMs = Date.now();
  const running = await story.start(options);
  const stop = () => void running.stop().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  const scene = new Scene(running.loop);
  try {
    await running.play(scene);
  } catch (error) {
    if (!(error instanceof StoryOver)) throw error;
  } finally {
    await running.stop();
  }
  const { findings } = scene;
  const isRight = findings.length > 0 && findings.every((one) => one.isRight);
  const seconds = Math.round((Date.now() - startedAtMs) / 1000);
  return { story: name, isRight, findings, errors: running.log.errors, seconds };
}
