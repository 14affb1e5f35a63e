import * as z from 'zod';

/**
 * `runbooks/<id>/runbook.json`: what a runbook is, apart from its script.
 * Parameters reach the script as environment variables `SSM_<name>` and in no other way.
 */
const parameter = z.strictObject({
  /** SSM allows letters and digits only. */
  name: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]{0,39}$/, 'use letters and digits, a capital first: the script reads it as SSM_<name>'),
  /** Where the value comes from. `person`: chosen at the click or on the command line. */
  from: z.enum([
    'run.id',
    'run.dryRun',
    /** For a runbook that takes another one back: the run to take back. */
    'run.undoes',
    'application.id',
    'application.kind',
    'application.user',
    'application.directory',
    'application.phpFpmUnit',
    'application.php',
    'application.healthCommand',
    'application.ecosystemFile',
    'application.drainSignal',
    'application.configFiles',
    'application.databaseLoginFile',
    'application.databaseUsers',
    'application.cacheCommands',
    'targets.ports',
    'pm2.home',
    'pm2.processes',
    'pm2.cli',
    'person',
  ]),
  description: z.string().min(1),
  /** Anchored, an explicit character class, a length bound, no lookaround: RE2 as the agent has it. */
  pattern: z.string().regex(/^\^.*\$$/s, 'anchor the pattern: begin it with ^ and end it with $'),
  default: z.string().optional(),
});

export const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  /** In words a tired person understands; also the button's text, so at most 30 characters. */
  title: z.string().min(1).max(30),
  /** One sentence: what it does to the host. */
  says: z.string().min(1).max(200),
  risk: z.enum(['read', 'change', 'disrupt']),
  kinds: z.array(z.enum(['node', 'laravel'])).min(1),
  parameters: z.array(parameter).min(1),
  /** Time for the whole script on one host, seconds; SSM kills it without warning afterwards. */
  timeoutSeconds: z.number().int().min(5).max(3600),
  cooldownSeconds: z.number().int().min(0).max(86_400),
  /**
   * Its script keeps the application's configuration before it changes anything (`keep_first`). `needed`: it refuses
   * when that fails; `wanted`: it changes no configuration itself and goes on.
   */
  snapshot: z.enum(['needed', 'wanted']).optional(),
  /** It works on a copy of the configuration: offered where a host has one. */
  needs: z.literal('snapshot').optional(),
  /**
   * What it clears is asked of the database again, which near its limit takes a second person; except these values of a
   * parameter that a person chooses, by the kind of application.
   */
  addsLoad: z
    .strictObject({
      parameter: z.string(),
      except: z.strictObject({ node: z.array(z.string()), laravel: z.array(z.string()) }),
    })
    .optional(),
  /** A runbook that reads; the form shows what it says before anybody starts this one. */
  preview: z.string().optional(),
  /** The runbook that takes it back; null: it cannot be undone, and the card says so. */
  undo: z.string().nullable(),
  hazards: z.array(z.string().min(1).max(200)),
  /** What counts as success, for people. */
  success: z.string().min(1).max(200),
  /** Trouble and causes that it fits, best first; the card orders its buttons by it. A known cause outweighs the trouble. */
  fits: z
    .array(
      z.enum([
        'leak',
        'level',
        'absolute',
        'full',
        'refused',
        'unreadable',
        'pileUp',
        'halfOpenLogins',
        'churn',
        'loweredLimit',
        'oversizedPool',
        'honestLoad',
      ]),
    )
    .min(1),
});

export type Manifest = z.output<typeof manifestSchema>;
export type ManifestParameter = Manifest['parameters'][number];

/** A manifest with the document that SSM holds for it: what functions know of a runbook. */
export interface CatalogueEntry {
  readonly manifest: Manifest;
  readonly document: { readonly name: string; readonly sha256: string };
}

export type Catalogue = readonly CatalogueEntry[];
