{{- define "estate.fullname" -}}
{{- default (printf "%s-%s" .Release.Name .Chart.Name) .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}
{{- define "estate.account" -}}
{{- ternary (include "estate.fullname" .) "default" .Values.serviceAccount.create -}}
{{- end }}
{{- define "estate.image" -}}
{{ required "an image is needed" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- define "estate.password" -}}
{{- $old := lookup "v1" "Secret" .Release.Namespace (printf "%s-auth" (include "estate.fullname" .)) -}}
{{- if $old }}{{ index $old.data "password" }}{{ else }}{{ randAlphaNum 16 | b64enc }}{{ end -}}
{{- end }}
{{- /* A job that runs at one point of the release's life. */ -}}
{{- define "estate.hook" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "estate.fullname" .root }}-{{ .when }}
  labels: {{- include "words.labels" .root | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .when }}
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: {{ .policy }}
spec:
  backoffLimit: 1
  activeDeadlineSeconds: 60
  ttlSecondsAfterFinished: 300
  template:
    metadata:
      labels: {hook: {{ .when }}}
    spec:
      restartPolicy: Never
      containers:
        - name: hook
          image: {{ include "estate.image" .root }}
          command: [sh, -c, 'echo {{ .when }} of revision {{ .root.Release.Revision }}']
          securityContext: {{- toYaml .root.Values.securityContext | nindent 12 }}
{{- end }}
