"""Starts moto's server on a free port of 127.0.0.1 and prints the port.

moto emulates AWS. What this stack needs and moto lacks is added here: CloudFormation for EventBridge Scheduler and
for function URLs, templates in a bucket when the server is not called "localhost", and parameters of a template that
a second deployment leaves as they are.
"""

import json
import uuid
from contextlib import suppress
from urllib.parse import urlparse

import moto.cloudformation.responses as responses
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import CloudFormationBackend
from moto.core.common_models import CloudFormationModel
from moto.s3.models import s3_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server


class Resource:
    """A resource that CloudFormation can make, change by making it anew, and delete."""

    def __init__(self, identifier, attributes, remove):
        self.physical_resource_id = identifier
        self.attributes = attributes
        self.remove = remove

    @classmethod
    def has_cfn_attr(cls, attr):
        return True

    def get_cfn_attribute(self, name):
        return self.attributes[name]

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        return cls.make(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, cloudformation_json, account_id, region_name, **_):
        original_resource.remove()
        name = original_resource.physical_resource_id
        return cls.make(name, cloudformation_json["Properties"], account_id, region_name)

    def delete(self, *_):
        # What it belonged to may have gone first, and taken it along.
        with suppress(Exception):
            self.remove()


class ScheduleGroup(Resource, CloudFormationModel):
    __module__ = "moto.added"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::ScheduleGroup"

    @classmethod
    def make(cls, name, properties, account, region):
        backend = scheduler_backends[account][region]
        group = backend.create_schedule_group(name, properties.get("Tags", []))
        return cls(name, {"Arn": group.arn}, lambda: backend.delete_schedule_group(name))

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, **_):
        # Another group would be without its schedules, and there is nothing to change about one.
        return original_resource


class Schedule(Resource, CloudFormationModel):
    __module__ = "moto.added"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::Scheduler::Schedule"

    @classmethod
    def make(cls, name, properties, account, region):
        backend = scheduler_backends[account][region]
        group = properties["GroupName"]
        schedule = backend.create_schedule(
            description=properties.get("Description"),
            end_date=None,
            flexible_time_window=properties["FlexibleTimeWindow"],
            group_name=group,
            kms_key_arn=None,
            name=name,
            schedule_expression=properties["ScheduleExpression"],
            schedule_expression_timezone=None,
            start_date=None,
            state=properties.get("State"),
            target=properties["Target"],
            action_after_completion=None,
        )
        return cls(name, {"Arn": schedule.arn}, lambda: backend.delete_schedule(group, name))


class FunctionUrl(Resource, CloudFormationModel):
    __module__ = "moto.added"

    @staticmethod
    def cloudformation_name_type():
        return ""

    @staticmethod
    def cloudformation_type():
        return "AWS::Lambda::Url"

    @classmethod
    def make(cls, name, properties, account, region):
        backend = lambda_backends[account][region]
        function = properties["TargetFunctionArn"]
        made = backend.create_function_url_config(function, properties)
        attributes = {"FunctionArn": function, "FunctionUrl": made.url}
        return cls(name or str(uuid.uuid4()), attributes, lambda: backend.delete_function_url_config(function))


class Secret(Resource, CloudFormationModel):
    __module__ = "moto.added"

    @staticmethod
    def cloudformation_name_type():
        return "Name"

    @staticmethod
    def cloudformation_type():
        return "AWS::SecretsManager::Secret"

    @classmethod
    def make(cls, name, properties, account, region):
        backend = secretsmanager_backends[account][region]
        text = properties.get("SecretString")
        made = backend.create_secret(name, text, None, properties.get("Description"), None, None, None, [], False)
        arn = json.loads(made)["ARN"]
        return cls(arn, {"Id": arn}, lambda: backend.delete_secret(arn, None, True))


def template_from_bucket(template_url, account_id, partition):
    """The CDK names a bucket in the path of this very server."""
    bucket, key = urlparse(template_url).path.lstrip("/").split("/", 1)
    return s3_backends[account_id][partition].get_object(bucket, key).value.decode("utf-8")


responses.get_stack_from_s3_url = template_from_bucket

resolve = CloudFormationBackend._resolve_update_parameters


def resolve_known(self, instance, incoming_params):
    known = [one for one in incoming_params if "ParameterValue" in one or one["ParameterKey"] in instance.parameters]
    return resolve(self, instance, known)


CloudFormationBackend._resolve_update_parameters = resolve_known

server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
