import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Runbook } from '../runbook-catalogue.ts';

export interface DocumentsProps {
  readonly runbooks: readonly Runbook[];
}

/**
 * One SSM document for each runbook, named by its content: another content is another document, so what was
 * shown is what runs. A document with versions would leave its default version on the old script.
 */
export class Documents extends Construct {
  readonly names: readonly string[];

  constructor(scope: Construct, id: string, props: DocumentsProps) {
    super(scope, id);
    this.names = props.runbooks.map(({ manifest, name, json }) => {
      const document = new CfnDocument(this, manifest.id, {
        name,
        content: {},
        documentType: 'Command',
        documentFormat: 'JSON',
        updateMethod: 'Replace',
        // Instances and hybrid nodes.
        targetType: '/',
      });
      // As text: CloudFormation passes text on unchanged, so its SHA-256 stays the catalogue's, and writes an object
      // in its own way. CDK's types know only the object.
      document.addPropertyOverride('Content', json);
      return name;
    });
  }
}
