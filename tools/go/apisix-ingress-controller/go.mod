module apisix-graceful-termination/tools/apisix-ingress-controller

go 1.22

require github.com/apache/apisix-ingress-controller v1.8.4
