import Workbench

OPSDCommand.start()
