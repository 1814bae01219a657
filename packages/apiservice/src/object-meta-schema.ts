/** `metadata`, which is the same for every kind. */
import type { FieldSchema } from "./field-schema.ts";

const text = (description: string): FieldSchema => ({ type: "string", description });
const number = (description: string): FieldSchema => ({ type: "integer", format: "int64", description });
const time = (description: string): FieldSchema => ({ type: "string", format: "date-time", description });
const flag = (description: string): FieldSchema => ({ type: "boolean", description });

function texts(description: string): FieldSchema {
  return { type: "object", description, additionalProperties: { type: "string" } };
}

export const objectMetaSchema: FieldSchema = {
  type: "object",
  description: "Who an object is, and what the system knows about it.",
  properties: {
    annotations: texts("Free information for programs and people; nothing can be selected by it."),
    creationTimestamp: time("When the object was created. Set by the server."),
    deletionGracePeriodSeconds: number("How long the object had to end. Set by the server."),
    deletionTimestamp: time("Since when the object waits for its finalizers. Set by the server."),
    finalizers: {
      type: "array",
      description: "Who still has something to do before a deleted object may go.",
      items: { type: "string" },
    },
    generateName: text("Beginning of a name that the server completes, when no name is given."),
    generation: number("Counts changes of what is wanted. Set by the server."),
    labels: texts("Keys and values by which objects are selected."),
    managedFields: {
      type: "array",
      description: "Who set which field. Not kept by this server.",
      items: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    },
    name: text("Unique within the kind and namespace; cannot be changed."),
    namespace: text("Where the object lives; cannot be changed."),
    ownerReferences: {
      type: "array",
      description: "Objects this one belongs to. When all of them are gone, it is collected.",
      items: {
        type: "object",
        description: "The object that owns another one.",
        required: ["apiVersion", "kind", "name", "uid"],
        properties: {
          apiVersion: text("Group and version of the owner."),
          blockOwnerDeletion: flag("The owner goes last when it is deleted in the foreground."),
          controller: flag("The owner is the one that controls this object."),
          kind: text("Kind of the owner."),
          name: text("Name of the owner."),
          uid: text("Identity of the owner."),
        },
      },
    },
    resourceVersion: text("Version of the object; a write that carries another one is refused. Set by the server."),
    selfLink: text("No longer used."),
    uid: text("Identity of the object over time, whatever its name. Set by the server."),
  },
};

export const listMetaSchema: FieldSchema = {
  type: "object",
  description: "Metadata of a list.",
  properties: {
    continue: text("Where to go on when the list was cut."),
    remainingItemCount: number("How many objects follow."),
    resourceVersion: text("The state that the list shows, from which a watch can go on."),
    selfLink: text("No longer used."),
  },
};
