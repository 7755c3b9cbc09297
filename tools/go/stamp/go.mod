module apisix-graceful-termination/tools/stamp

go 1.26
